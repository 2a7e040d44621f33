# SPDX-License-Identifier: BSD-2-Clause
# gnuplot -e "dir='...'" plot.gp: throughput over time in the three runs that run.sh recorded.
set terminal pngcairo size 1400,1200 font "sans,13"
set output dir."/throughput.png"
set multiplot layout 3,1 title "The client's address is deleted and its link (16 Mbit/s) goes; \
another link (20 Mbit/s) takes over" font ",17"
array run[3] = ["without", "fresh", "known"]
array how[3] = ["Without hmip", "With hmip, to a link that has just come up", \
	"With hmip, to a link that the server knew before"]
xmax = 0
do for [i=1:3] {
	stats dir."/".run[i].".rate" using 1 nooutput name "T"
	xmax = T_max > xmax ? T_max : xmax
}
set xrange [-0.7:xmax + 0.1]
set yrange [0:140]
set ytics 20
set xtics 0,1
set grid
set xlabel "seconds since the transfers began"
set ylabel "data received, Mbit/s, stacked"
set key top right
set style fill solid noborder
dies = "#c03010"
lives = "#207030"
waits = "#805010"
do for [i=1:3] {
	load dir."/".run[i].".gp"
	file = dir."/".run[i].".rate"
	mostly = 2 * dad > gap ? ", mostly duplicate address detection" : ""
	end = dead == 3 ? "all three DIE" : dead > 0 ? sprintf("%d of three DIE", dead) : \
		sprintf("all three GO ON, gap %d ms%s", gap, mostly)
	set title sprintf("{/:Bold %s: %s}", how[i], end) font ",15" \
		textcolor rgb (dead ? dies : lives)
	unset object
	unset arrow
	unset label
	set arrow 1 from lost,0 to lost,128 nohead linecolor rgb dies linewidth 3 front
	set label 1 "address lost " at lost,134 right textcolor rgb dies front
	if (usable > lost) {
		set object 1 rectangle from lost,0 to usable,128 fillcolor rgb "#f4e0c0" \
			fillstyle solid noborder behind
		set label 2 sprintf("duplicate\naddress\ndetection:\n%d ms", dad) \
			at (lost+usable)/2,100 center \
			textcolor rgb waits font ",10" front
		set arrow 2 from usable,0 to usable,128 nohead linecolor rgb waits linewidth 2 \
			dashtype 2 front
		set label 3 " the other link's address can be used" at usable,134 left \
			textcolor rgb waits front
	} else {
		set label 3 " the other link's address could be used before" at lost,134 left \
			textcolor rgb waits front
	}
	if (dead) {
		set label 4 "no data any more; the programs give up " at given_up,30 right \
			textcolor rgb dies font ",15" front
		set arrow 4 from given_up,0 to given_up,40 nohead linecolor rgb dies linewidth 3 \
			front
	}
	plot file using 1:($2+$3+$4):(step) with boxes fillcolor rgb "#88bbe0" \
			title "HTTP download", \
		file using 1:($2+$3):(step) with boxes fillcolor rgb "#e0a040" title "FTP upload", \
		file using 1:2:(step) with boxes fillcolor rgb "#3060a0" title "FTP download"
}
unset multiplot
