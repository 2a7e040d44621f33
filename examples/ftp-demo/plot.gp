# SPDX-License-Identifier: BSD-2-Clause
# gnuplot -e "dir='...'" plot.gp: throughput over time of the transfers that run.sh recorded, without and with hmip.
set terminal pngcairo size 1400,1000 font "sans,11"
set output dir."/throughput.png"
set multiplot layout 3,2 title "The client's address is deleted in mid-transfer and its link (40 Mbit/s) goes; another one (20 Mbit/s) takes over" font ",15"
set xrange [0:20]
set yrange [0:60]
set grid
set xlabel "seconds"
set ylabel "Mbit/s"
set key top right
do for [kind in "ftp-download ftp-upload http-download"] {
	do for [way in "without with"] {
		file = sprintf("%s/%s-%s", dir, kind, way)
		stats file.".moves" using 1 nooutput name "lost"
		stats file.".moves" using 2 nooutput name "usable"
		set title sprintf("%s %s hmip", kind, way)
		set object 1 rectangle from lost_min,graph 0 to usable_min,graph 1 fillcolor rgb "#f4d0c0" fillstyle solid noborder behind
		set arrow 1 from lost_min,graph 0 to lost_min,graph 1 nohead linecolor rgb "#c03010" linewidth 2
		set label 1 " address lost" at lost_min,graph 0.94 textcolor rgb "#c03010"
		set label 2 " next one usable" at usable_min,graph 0.86 textcolor rgb "#606060"
		plot file.".rate" with filledcurves y1=0 fillcolor rgb (way eq "with" ? "#4070b0" : "#909090") title way." hmip"
	}
}
unset multiplot
