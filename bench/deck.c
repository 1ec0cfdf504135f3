/*
 * What a rate deck costs: a million rows read, opened, and asked for numbers in random order.
 *
 * Usage: deck [rows] [file to write the CSV to]
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#include "base/hash.h"
#include "number/deck.h"

enum { HUGE_PAGE = 2 << 20 };
enum { NUMBERS = 1 << 20, LINE_MAX_OCTETS = 96 };

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Prefixes of 4 to 9 digits as decks have them: dense under some countries, sparse elsewhere. */
static void put_row(struct buf *b, struct tg_rng *rng, uint32_t row)
{
	static const unsigned codes[] = { 1,  44, 34, 49, 33,  39,  52, 55,
		                          86, 91, 62, 7,  234, 351, 972 };
	unsigned code = codes[row % COUNT(codes)];

	buf_fmt(b, "%u%06u,Destination %u Mobile %u,0.%06u,0,%u,1,\n", code, row / 15 % 1000000,
	        code, row % 37, (unsigned)tg_rng_below(rng, 2000) * 10, row % 3 == 0 ? 60 : 1);
}

static void ask(const struct deck *deck, struct tg_rng *rng, uint32_t rows)
{
	static char numbers[NUMBERS][12];
	static struct buf line;
	uint64_t sum = 0;
	double start;

	for (uint32_t i = 0; i < NUMBERS; i++) {
		char mem[LINE_MAX_OCTETS];

		line = buf_on(mem, sizeof(mem));
		put_row(&line, rng, (uint32_t)tg_rng_below(rng, rows));
		line.len = slice_find(buf_slice(&line), ',');
		buf_fmt(&line, "%06u", (unsigned)tg_rng_below(rng, 1000000));
		memcpy(numbers[i], mem, 12);
	}
	start = now_s();
	for (uint32_t i = 0; i < NUMBERS; i++)
		sum += deck_find(deck, slice_of(numbers[i], 11), 0);
	printf("%-28s %8.1f ns\n", "lookup, random number", (now_s() - start) * 1e9 / NUMBERS);
	if (sum == 42)
		puts("");
}

static int measure(const struct buf *text, struct tg_rng *rng, uint32_t rows)
{
	static struct deck_mistakes mistakes;
	const struct deck_options options = { .currency = SLICE("EUR") };
	struct deck *deck = NULL, *again = NULL;
	const char *why;
	struct slice image;
	void *copy;
	double start = now_s();

	if (deck_parse(&deck, buf_slice(text), &options, &mistakes) != TG_OK) {
		fprintf(stderr, "%u: %s\n", mistakes.at[0].line, mistakes.at[0].text);
		return 1;
	}
	printf("%-28s %8.3f s, %.1f MB\n", "read CSV", now_s() - start, (double)text->len / 1e6);
	image = deck_image(deck);
	printf("%-28s %8u\n%-28s %8.1f octets\n", "rows", deck_rows(deck), "memory and file, a row",
	       (double)image.len / deck_rows(deck));
	copy = aligned_alloc(HUGE_PAGE, (image.len + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE);
	if (copy == NULL)
		return 1;
	(void)madvise(copy, image.len, MADV_HUGEPAGE); /* as the vault reads it */
	memcpy(copy, image.p, image.len);
	start = now_s();
	if (deck_open(&again, copy, image.len, &why) != TG_OK)
		return 1;
	printf("%-28s %8.1f ms\n", "check and open", (now_s() - start) * 1e3);
	ask(again, rng, rows);
	deck_free(deck);
	deck_free(again);
	return 0;
}

int main(int argc, char **argv)
{
	uint32_t rows = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
	size_t cap = (size_t)rows * LINE_MAX_OCTETS + 256;
	struct buf text = buf_on(malloc(cap), cap);
	struct tg_rng rng;
	int status;

	if (text.p == NULL || rows == 0)
		return 2;
	tg_rng_init(&rng, (const uint8_t[32]){ 1 });
	buf_lit(&text,
	        "prefix,name,rate per minute,connect fee,first increment,next increment,valid from\n");
	for (uint32_t i = 0; i < rows; i++)
		put_row(&text, &rng, i);
	if (argc > 2) {
		FILE *f = fopen(argv[2], "w");

		if (f == NULL || fwrite(text.p, 1, text.len, f) != text.len || fclose(f) != 0)
			return 1;
	}
	status = measure(&text, &rng, rows);
	free(text.p);
	return status;
}
