/* Call records as CSV (RFC 4180): Asterisk's cdr_csv columns first, then ours (R118). */
#ifndef TG_CLI_CSV_H
#define TG_CLI_CSV_H

#include "base/buf.h"
#include "role/vault.h"

/**
 * One cell.  Quoted when needed; controls become blanks and broken UTF-8 U+FFFD, so that one record
 * is one line.
 *
 * tame  a cell that a spreadsheet would take for a formula, because it begins with = + - @ TAB or
 *       CR, gets an apostrophe before it (F2)
 */
void csv_cell(struct buf *b, struct slice text, bool tame);

/** The heading, CRLF included. */
void csv_heading(struct buf *b);

/** One record, CRLF included; needs at most CSV_LINE_MAX octets.  Times are UTC. */
void csv_record(struct buf *b, const struct vault_record *record, bool tame);

enum { CSV_LINE_MAX = 8192, CSV_TIME_MAX = 24 };

/** "2001-02-03 04:05:06" of a wall clock in ms; nothing for 0. */
void csv_time(struct buf *b, uint64_t wall_ms);

/** "ANSWERED", "NO ANSWER", "BUSY", "FAILED". */
struct slice csv_disposition(const struct vault_record *record);

/** Whole seconds from the start to the end, as Asterisk counts. */
uint64_t csv_duration_s(const struct vault_record *record);

/** "none", or the side of an answered call that sent nothing though the other did: "a", "b". */
struct slice csv_one_way(const struct vault_record *record);

/** Lost packets of one side, in millionths. */
uint64_t csv_loss_ppm(const struct link_media_stat *stat);

/** Name of the trunk that the call came or went over, or empty. */
struct slice csv_trunk(const struct vault_record *record);

struct slice csv_party(uint8_t party);
struct slice csv_ended_by(uint8_t by);

#endif
