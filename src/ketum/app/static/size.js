/* How long a time is, and about how large a scenario: what decides whether it runs by itself. */
import { amount } from "./fields.js";
import { choices } from "./state.js";

const HOURS_PER = { min: 1 / 60, minute: 1 / 60, minutes: 1 / 60, h: 1, hour: 1, hours: 1, d: 24, day: 24, days: 24, wk: 168, week: 168, weeks: 168 };
const HOURS_PER_YEAR = 365 * 24;

/** Return a written time in hours; 0 for what is no time. */
export const hours = (written) => {
  const found = amount(written);
  return found ? found.value * (HOURS_PER[found.unit] ?? 24) : 0;
};

const experience = (people) => (people.experience ? hours(people.experience) : people.population === "regular_users" ? HOURS_PER_YEAR : 0);

/** Return about how many person-years a scenario is. */
export function personYears(all) {
  const settings = [all.setting?.causal ?? "pharmacology"].flat().length;
  const lived = all.arm.length * settings * hours(all.record.for) + settings * experience(all.people ?? {});
  const count = all.people?.count ?? 1000;
  const { shares, sets_of_shares: sets, people_of_shares: few } = choices.limits;
  const asked = all.uncertainty;
  const persons = asked ? count * (1 + asked.draws) + (asked.shares ?? shares) * sets * Math.min(count, few) : count;
  return (persons * lived) / HOURS_PER_YEAR;
}
