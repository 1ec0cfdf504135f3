/* The settings about numbers, money and who may call where; part of conf.h, apart for its size. */
#ifndef TG_CONF_CONF_POLICY_H
#define TG_CONF_CONF_POLICY_H

#include "conf/conf_values.h"
#include "policy/rules.h"

enum {
	CONF_BUDGETS_MAX = 256,
	CONF_GROUPS_MAX = 64,
	CONF_HOURS_MAX = 16
};

/** How numbers are written; without a home nothing is priced and only listed numbers go out. */
struct conf_numbers {
	struct slice home;          /* territory, "ES"; empty = not configured */
	struct slice outside_line;  /* dialled before numbers outside; empty = none */
	struct slice international; /* empty = that of home */
	struct slice national;      /* empty = that of home */
};

struct conf_money {
	struct slice currency; /* "EUR" */
	struct slice zone;     /* IANA name; days and months begin there */
	uint32_t renew_s;      /* how much talk is paid ahead */
};

/** How a trunk wants to see numbers. */
enum conf_render { CONF_RENDER_PLUS, CONF_RENDER_INTERNATIONAL, CONF_RENDER_NATIONAL,
	           CONF_RENDER_E164 };

enum conf_budget_for {
	CONF_BUDGET_SITE,
	CONF_BUDGET_ACCOUNT,
	CONF_BUDGET_GROUP,
	CONF_BUDGET_PBX,
	CONF_BUDGET_TRUNK,
	CONF_BUDGET_CLASS
};

/** One budget; 0 = no such limit. */
struct conf_budget {
	uint8_t of;        /* enum conf_budget_for */
	struct slice name; /* empty = each of them */
	uint16_t index;    /* of the group, PBX, trunk or class; else CONF_NONE */
	uint8_t mode;      /* enum policy_mode */
	tg_micro per_call, hour, day, week, month, off_hours;
	uint32_t calls;        /* at a time */
	uint32_t calls_minute, calls_hour;
	uint32_t destinations; /* different numbers a day */
	uint32_t longest_s;    /* of a call */
};

/** Accounts with rules of their own. */
struct conf_group {
	struct slice name;
	struct conf_ref hours; /* CONF_NONE: those of rules.hours */
	/* both empty: those of rules.where */
	struct slice territories[PLACES_ROWS_MAX];
	uint32_t territories_count;
	uint32_t zones[WHERE_ZONES_MAX];
	uint32_t zones_count;
	tg_micro ceiling; /* 0 = that of rules.where */
};

/** A calendar of office hours. */
struct conf_hours {
	struct slice name;
	uint8_t days[7];     /* 0 = Monday */
	uint32_t days_count;
	struct slice open;   /* "08:00-19:00" */
	struct slice holidays[HOURS_HOLIDAYS_MAX]; /* "2026-12-24", or "12-24" for every year */
	uint32_t holidays_count;
	uint16_t from, to;   /* made of `open`: minutes of the day */
};

/** 20261224 of "2026-12-24", 1224 of "12-24", 0 of anything else. */
uint32_t conf_holiday(struct slice text);

#endif
