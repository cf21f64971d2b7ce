/* How long a time is, and about how large a scenario: what decides whether it runs by itself. */
import { amount } from "./fields.js";

const HOURS_PER = { h: 1, d: 24, wk: 168 };
const HOURS_PER_YEAR = 365 * 24;

/** Return a written time in hours; 0 for what is no time. */
export const hours = (written) => {
  const found = amount(written);
  return found ? found.value * (HOURS_PER[found.unit[0] === "w" ? "wk" : found.unit[0]] ?? 24) : 0;
};

const experience = (people) => (people.experience ? hours(people.experience) : people.population === "regular_users" ? HOURS_PER_YEAR : 0);

/** Return about how many person-years a scenario is. */
export function personYears(all) {
  const settings = [all.setting?.causal ?? "pharmacology"].flat().length;
  const sets = 1 + (all.uncertainty?.draws ?? 0) + 64 * (all.uncertainty?.shares ?? 0);
  const lived = all.arm.length * settings * hours(all.record.for) + settings * experience(all.people ?? {});
  return ((all.people?.count ?? 1000) * sets * lived) / HOURS_PER_YEAR;
}
