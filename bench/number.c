/*
 * What judging a number costs: nanoseconds of CPU time over the 50,000 numbers of the test vectors
 * in random order, the best of many rounds.
 * Usage: number FILE [rounds]     (FILE is tests/vectors/number/libphonenumber.txt)
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "number/number.h"

enum { NUMBERS_MAX = 60000, FILE_MAX = 4 << 20 };

static struct number numbers[NUMBERS_MAX];
static struct { char p[20]; size_t len; } dialled[NUMBERS_MAX];
static size_t count;
static char text[FILE_MAX];
static uint64_t sink;

static struct number_plan plan;
static struct number_rendering rendering;

static void read_numbers(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct slice rest, line, word;

	if (f == NULL) {
		perror(path);
		exit(1);
	}
	rest = slice_of(text, fread(text, 1, sizeof(text), f));
	fclose(f);
	while (rest.len > 0 && count < NUMBERS_MAX) {
		rest = slice_cut(rest, '\n', &line);
		while (line.len > 0 && line.p[0] != '#' && line.p[0] != '=') {
			line = slice_cut(line, ' ', &word);
			if (count < NUMBERS_MAX && number_parse(&numbers[count], word) == TG_OK)
				count++;
		}
	}
	for (size_t i = count; i > 1; i--) {
		size_t j = (size_t)rand() % i;
		struct number n = numbers[j];

		numbers[j] = numbers[i - 1];
		numbers[i - 1] = n;
	}
	for (size_t i = 0; i < count; i++) {
		struct buf b = buf_on(dialled[i].p, sizeof(dialled[i].p));

		number_write(&b, &numbers[i]);
		dialled[i].len = b.len;
	}
}

static void classify(size_t i)
{
	number_classify(&numbers[i]);
	sink += numbers[i].type;
}

static void class_of(size_t i)
{
	sink += number_class_of(plan.home, &numbers[i]);
}

static void normalise(size_t i)
{
	struct number n;

	if (number_normalise(&n, &plan, slice_of(dialled[i].p, dialled[i].len), NULL) == TG_OK)
		sink += n.type;
}

static void render(size_t i)
{
	char out[NUMBER_RENDERED_MAX];
	struct buf b = buf_on(out, sizeof(out));

	if (number_render(&b, &rendering, &numbers[i]) == TG_OK)
		sink += b.len;
}

static double best_ns(void (*work)(size_t i), unsigned rounds)
{
	double best = 1e9;

	for (unsigned r = 0; r < rounds; r++) {
		struct timespec from, to;
		double ns;

		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
		for (size_t i = 0; i < count; i++)
			work(i);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
		ns = (double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec);
		if (ns / (double)count < best)
			best = ns / (double)count;
	}
	return best;
}

int main(int argc, char **argv)
{
	unsigned rounds = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 50;

	if (argc < 2 || number_plan_init(&plan, number_territory_find(SLICE("ES")),
	                                 SLICE("")) != TG_OK) {
		fprintf(stderr, "usage: number FILE [rounds]\n");
		return 2;
	}
	read_numbers(argv[1]);
	printf("%zu numbers, ns each\n", count);
	printf("classify               %6.1f\n", best_ns(classify, rounds));
	printf("class                  %6.1f\n", best_ns(class_of, rounds));
	printf("normalise              %6.1f\n", best_ns(normalise, rounds));
	rendering = (struct number_rendering){ &plan, NUMBER_RENDER_PLUS, SLICE("") };
	printf("render +, proven       %6.1f\n", best_ns(render, rounds));
	rendering.kind = NUMBER_RENDER_NATIONAL;
	printf("render national, proven%6.1f\n", best_ns(render, rounds));
	return sink == 0;
}
