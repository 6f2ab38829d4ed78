// Judges a payload by JSON Schema 2020-12, keyword by keyword. A place is {path, type, hops}: where in the
// payload, the type whose references count, and the schemas passed without moving into the payload.
import { FORMATS } from "./_formats.js";
import { canonical, inside, isObject, report, show, shown } from "./_json.js";

// A schema that refers to itself this often without moving into the payload decides nothing.
export const MAX_HOPS = 100;

const NOTHING = Object.freeze({ keys: new Set(), places: new Set(), upTo: 0 });
const patterns = new Map();

function matches(pattern, text) {
  let compiled = patterns.get(pattern);
  if (!compiled) {
    compiled = new RegExp(pattern, "u");
    patterns.set(pattern, compiled);
  }
  return compiled.test(text);
}

export const fits = (schema, value, at) => apart(schema, value, at).length === 0;

function apart(schema, value, at) {
  const problems = [];
  judge(schema, value, at, problems);
  return problems;
}

// Appends to `problems`. Returns what was evaluated, for `unevaluated*`: keys of an object, places of an
// array, and the number of its leading places.
export function judge(schema, value, at, problems) {
  if (schema === true) return NOTHING;
  if (schema === false || at.hops > MAX_HOPS) {
    report(problems, at, schema === false ? "is not allowed" : "is described only by a type that is itself");
    return NOTHING;
  }
  const before = problems.length;
  judgeAny(schema, value, at, problems);
  if (typeof value === "number") judgeNumber(schema, value, at, problems);
  else if (typeof value === "string") judgeString(schema, value, at, problems);
  const seen = { keys: new Set(), places: new Set(), upTo: 0 };
  judgeInPlace(schema, value, at, problems, seen);
  if (Array.isArray(value)) judgeArray(schema, value, at, problems, seen);
  else if (isObject(value)) judgeObject(schema, value, at, problems, seen);
  return problems.length === before ? seen : NOTHING;
}

function judgeAny(schema, value, at, problems) {
  const { type, enum: values, const: only } = schema;
  if (type !== undefined) {
    const types = Array.isArray(type) ? type : [type];
    if (!types.some((name) => hasType(name, value))) {
      report(problems, at, `must be of type ${types.join(" or ")}, is ${shown(value)}`);
    }
  }
  if (values === undefined && only === undefined) return;
  const allowed = only === undefined ? values : [only];
  const key = canonical(value);
  if (!allowed.some((one) => canonical(one) === key)) {
    report(problems, at, `must be ${allowed.map(show).join(" or ")}, is ${shown(value)}`);
  } else if (only !== undefined && values !== undefined) {
    judgeAny({ enum: values }, value, at, problems);
  }
}

function hasType(name, value) {
  if (name === "null") return value === null;
  if (name === "array") return Array.isArray(value);
  if (name === "object") return isObject(value);
  if (name === "integer") return Number.isInteger(value);
  return typeof value === name;
}

function judgeNumber(schema, value, at, problems) {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  const must = (words) => report(problems, at, `must be ${words}, is ${value}`);
  if (value < minimum) must(`at least ${minimum}`);
  if (value > maximum) must(`at most ${maximum}`);
  if (value <= exclusiveMinimum) must(`more than ${exclusiveMinimum}`);
  if (value >= exclusiveMaximum) must(`less than ${exclusiveMaximum}`);
  if (multipleOf !== undefined && !isMultiple(value, multipleOf)) must(`a multiple of ${multipleOf}`);
}

// Both numbers as the decimals they are written as, so that 1.13 is a multiple of 0.01.
function isMultiple(value, step) {
  if (Number.isSafeInteger(value) && Number.isSafeInteger(step)) return value % step === 0;
  const [left, right] = [decimal(value), decimal(step)];
  const places = Math.max(left.places, right.places);
  const scaled = (number) => number.digits * 10n ** BigInt(places - number.places);
  return scaled(left) % scaled(right) === 0n;
}

function decimal(number) {
  const [mantissa, exponent = "0"] = String(number).split("e");
  const [whole, fraction = ""] = mantissa.split(".");
  return { digits: BigInt(whole + fraction), places: fraction.length - Number(exponent) };
}

function judgeString(schema, value, at, problems) {
  const { minLength, maxLength, pattern, format } = schema;
  const must = (words) => report(problems, at, `must ${words}, is ${shown(value)}`);
  if (minLength !== undefined || maxLength !== undefined) {
    let length = 0; // in code points, not in UTF-16 units
    for (const _ of value) length += 1;
    if (length < minLength) must(`have at least ${minLength} characters`);
    if (length > maxLength) must(`have at most ${maxLength} characters`);
  }
  if (pattern !== undefined && !matches(pattern, value)) must(`match ${pattern}`);
  if (format !== undefined && Object.hasOwn(FORMATS, format) && !FORMATS[format](value)) must(`be a ${format}`);
}

// The keywords that apply schemas to the same place of the payload.
function judgeInPlace(schema, value, at, problems, seen) {
  const here = { path: at.path, type: at.type, hops: at.hops + 1 };
  const attempt = (sub, place = here) => {
    const own = [];
    const evaluated = judge(sub, value, place, own);
    if (!own.length) merge(seen, evaluated);
    return own;
  };
  const { $ref, allOf = [], anyOf, oneOf, not, if: condition, dependentSchemas = {} } = schema;
  if ($ref !== undefined) {
    const type = at.type.reference($ref);
    problems.push(...attempt(type.schema, { ...here, type }));
  }
  for (const sub of allOf) problems.push(...attempt(sub));
  for (const [subs, most] of [[anyOf, Infinity], [oneOf, 1]]) {
    if (subs !== undefined) judgeAlternatives(subs.map((sub) => attempt(sub)), most, at, problems);
  }
  if (not !== undefined && fits(not, value, here)) report(problems, at, "is what the contract excludes");
  if (condition !== undefined) {
    const branch = attempt(condition).length ? schema.else : schema.then;
    if (branch !== undefined) problems.push(...attempt(branch));
  }
  if (!isObject(value)) return;
  for (const [key, sub] of Object.entries(dependentSchemas)) {
    if (Object.hasOwn(value, key)) problems.push(...attempt(sub));
  }
}

function judgeAlternatives(results, most, at, problems) {
  const fitting = results.filter((own) => !own.length).length;
  if (fitting > most) report(problems, at, `fits ${fitting} alternatives where it must fit exactly one`);
  if (fitting) return;
  // The alternative whose problems lie deepest is the one that was meant.
  const depth = (own) => Math.max(...own.map(({ path }) => path.length));
  const meant = results.reduce((best, own) => (depth(own) > depth(best) ? own : best));
  const reasons = meant.slice(0, 3).map(({ path, message }) => (path ? `${path} ${message}` : message));
  report(problems, at, `fits none of ${results.length} alternatives (${reasons.join("; ")})`);
}

function judgeArray(schema, value, at, problems, seen) {
  const { prefixItems = [], items, contains, minItems, maxItems, uniqueItems, unevaluatedItems } = schema;
  const has = `items, has ${value.length}`;
  if (value.length < minItems) report(problems, at, `must have at least ${minItems} ${has}`);
  if (value.length > maxItems) report(problems, at, `must have at most ${maxItems} ${has}`);
  if (uniqueItems && new Set(value.map(canonical)).size < value.length) report(problems, at, "repeats an item");
  const into = (sub, place) => judge(sub, value[place], inside(at, place), problems);
  const fixed = Math.min(prefixItems.length, value.length);
  for (let place = 0; place < fixed; place += 1) into(prefixItems[place], place);
  seen.upTo = Math.max(seen.upTo, fixed);
  if (items !== undefined) {
    for (let place = fixed; place < value.length; place += 1) into(items, place);
    seen.upTo = value.length;
  }
  if (contains !== undefined) judgeContains(schema, value, at, problems, seen);
  if (unevaluatedItems !== undefined) {
    for (let place = seen.upTo; place < value.length; place += 1) {
      if (!seen.places.has(place)) into(unevaluatedItems, place);
    }
    seen.upTo = value.length;
  }
}

function judgeContains(schema, value, at, problems, seen) {
  const { contains, minContains = 1, maxContains } = schema;
  const found = [...value.keys()].filter((place) => fits(contains, value[place], inside(at, place)));
  for (const place of found) seen.places.add(place);
  const has = `of the items that it must contain, has ${found.length}`;
  if (found.length < minContains) report(problems, at, `must have at least ${minContains} ${has}`);
  if (found.length > maxContains) report(problems, at, `must have at most ${maxContains} ${has}`);
}

function judgeObject(schema, value, at, problems, seen) {
  const { required = [], minProperties, maxProperties, dependentRequired = {} } = schema;
  const keys = Object.keys(value);
  const has = `properties, has ${keys.length}`;
  if (keys.length < minProperties) report(problems, at, `must have at least ${minProperties} ${has}`);
  if (keys.length > maxProperties) report(problems, at, `must have at most ${maxProperties} ${has}`);
  const need = (names, words) => {
    for (const key of names) if (!Object.hasOwn(value, key)) report(problems, inside(at, key), words);
  };
  need(required, "is required");
  for (const [key, names] of Object.entries(dependentRequired)) {
    if (Object.hasOwn(value, key)) need(names, `is required where ${key} is given`);
  }
  for (const key of keys) judgeMember(schema, key, value[key], inside(at, key), { problems, seen });
}

function judgeMember(schema, key, value, place, { problems, seen }) {
  const { propertyNames, unevaluatedProperties } = schema;
  const subs = described(schema, key);
  if (subs.length) seen.keys.add(key);
  if (propertyNames !== undefined && !fits(propertyNames, key, place)) report(problems, place, "is no allowed name");
  if (unevaluatedProperties !== undefined && !seen.keys.has(key)) {
    subs.push(unevaluatedProperties);
    seen.keys.add(key);
  }
  for (const sub of subs) judge(sub, value, place, problems);
}

// The schemas that `properties`, `patternProperties` and `additionalProperties` give for one key.
export function described({ properties = {}, patternProperties = {}, additionalProperties }, key) {
  const subs = Object.hasOwn(properties, key) ? [properties[key]] : [];
  for (const [pattern, sub] of Object.entries(patternProperties)) if (matches(pattern, key)) subs.push(sub);
  if (!subs.length && additionalProperties !== undefined) subs.push(additionalProperties);
  return subs;
}

function merge(seen, other) {
  for (const key of other.keys) seen.keys.add(key);
  for (const place of other.places) seen.places.add(place);
  seen.upTo = Math.max(seen.upTo, other.upTo);
}
