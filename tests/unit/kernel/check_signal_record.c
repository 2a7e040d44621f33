/* SPDX-License-Identifier: BSD-2-Clause */
/* signal_record.h: what libpcap reads from the file. */
#include "config.h"

#include "signal_record.h"
#include "suite.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

START_TEST(each_packet_is_in_the_file_as_it_was_at_once)
{
	static const uint8_t packet[2][48] = { "\x60 one", "\x60 the other" };
	char path[] = "/tmp/check_signal_record.XXXXXX", why_not[PCAP_ERRBUF_SIZE];
	const char *why = NULL;
	struct signal_record *r = NULL;
	struct pcap_pkthdr *h;
	const u_char *data;
	time_t now = time(NULL);
	pcap_t *p;

	close(mkstemp(path));
	ck_assert_int_eq(signal_record_open(path, &r, &why), 0);
	for (size_t i = 0; i < 2; i++)
		signal_record_packet(r, packet[i], sizeof(packet[i]) - i);
	p = pcap_open_offline(path, why_not);
	ck_assert_msg(p != NULL, "%s", why_not);
	ck_assert_int_eq(pcap_datalink(p), DLT_RAW);
	for (size_t i = 0; i < 2; i++) {
		ck_assert_int_eq(pcap_next_ex(p, &h, &data), 1);
		ck_assert_uint_eq(h->caplen, sizeof(packet[i]) - i);
		ck_assert_uint_eq(h->len, h->caplen);
		ck_assert_int_ge(h->ts.tv_sec, now);
		ck_assert_mem_eq(data, packet[i], h->caplen);
	}
	ck_assert_int_eq(pcap_next_ex(p, &h, &data), PCAP_ERROR_BREAK);
	pcap_close(p);
	signal_record_close(r);
	unlink(path);
}
END_TEST

START_TEST(a_file_that_cannot_be_made_is_named)
{
	struct signal_record *r = NULL;
	const char *why = NULL;

	ck_assert_int_lt(signal_record_open("/nowhere/signals", &r, &why), 0);
	ck_assert_ptr_null(r);
	ck_assert_ptr_nonnull(strstr(why, "/nowhere/signals"));
	signal_record_packet(NULL, (const uint8_t *)"", 0);
	signal_record_close(NULL);
}
END_TEST

START_TEST(a_full_disk_is_told_once)
{
	static const uint8_t packet[48] = "\x60";
	struct signal_record *r = NULL;
	const char *why = NULL;

	ck_assert_int_eq(signal_record_open("/dev/full", &r, &why), 0);
	ck_assert_int_eq(signal_record_packet(r, packet, sizeof(packet)), -ENOSPC);
	ck_assert_int_eq(signal_record_packet(r, packet, sizeof(packet)), 0);
	signal_record_close(r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("signal_record");
	TCase *tc = tcase_create("signal_record");

	tcase_add_test(tc, each_packet_is_in_the_file_as_it_was_at_once);
	tcase_add_test(tc, a_file_that_cannot_be_made_is_named);
	tcase_add_test(tc, a_full_disk_is_told_once);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
