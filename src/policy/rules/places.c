#include "policy/rules/places.h"

#include "number/class.h"

bool places_add_rows(struct places *set, const struct slice *names, uint32_t count)
{
	bool all = true;

	for (uint32_t i = 0; i < count; i++) {
		uint16_t territory = number_territory_find(names[i]);

		all = all && territory != 0 && territory < PLACES_MAX;
		places_add(set, territory);
	}
	return all;
}

void places_add_zone(struct places *set, unsigned zone)
{
	for (uint16_t t = 1; t <= number_territories(); t++) {
		struct slice name = slice_str(number_territory_name(t));

		if (number_territory_zone(t) != zone || !number_territory_is_place(t))
			continue;
		/* R47: the islands under +1 are never meant by "US and Canada" */
		if (zone == 1 && !slice_eq(name, SLICE("US")) && !slice_eq(name, SLICE("CA")))
			continue;
		places_add(set, t);
	}
}
