// JSON values as such: what is one, when two are equal, and how a problem names a place in one.

// A payload nested deeper than this is refused before anything recurses into it.
const MAX_DEPTH = 250;
// More problems than these help nobody and would cost a hostile payload's sender nothing.
const MAX_PROBLEMS = 100;
const SHOWN_CHARACTERS = 80;

// Under another name for the generated modules, where a contract may call a type Object.
export const { freeze } = Object;

export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

// An object literal of any realm: a Date or another class instance is no JSON object.
function isPlain(value) {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

// What in `value` could not have come from JSON. Walks without recursion, so that depth costs no stack.
export function notJson(value) {
  const problems = [];
  const open = [[value, { path: null }, 0]];
  while (open.length && problems.length < MAX_PROBLEMS) {
    const [item, at, depth] = open.pop();
    const wrong = foreign(item, depth);
    if (wrong) report(problems, at, wrong);
    else if (typeof item === "object" && item !== null) {
      const keys = Array.isArray(item) ? item.keys() : Object.keys(item);
      for (const key of keys) open.push([item[key], inside(at, key), depth + 1]);
    }
  }
  return problems;
}

function foreign(item, depth) {
  if (item === null || typeof item === "string" || typeof item === "boolean") return "";
  if (typeof item === "number") return Number.isFinite(item) ? "" : `${item} is no JSON number`;
  if (item === undefined) return "is undefined; leave it out instead";
  if (typeof item !== "object") return `a ${typeof item} is no JSON value`;
  if (depth >= MAX_DEPTH) return `is nested deeper than ${MAX_DEPTH} levels`;
  return Array.isArray(item) || isPlain(item) ? "" : "an instance of a class is no JSON object";
}

// Equal JSON values give equal texts: keys sorted, 1.0 and 1 alike.
export function canonical(value) {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const members = Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`);
  return `{${members.join(",")}}`;
}

// The place of a member: `path` is a chain of [parent, key], made into text only for a problem.
export const inside = (at, key) => ({ path: [at.path, key], type: at.type, hops: 0 });

function pathText(path) {
  const parts = [];
  for (let node = path; node; node = node[0]) parts.push(node[1]);
  return parts
    .reverse()
    .map((part, place) => {
      if (typeof part === "number") return `[${part}]`;
      if (!/^[A-Za-z_$][\w$]*$/.test(part)) return `[${JSON.stringify(part)}]`;
      return place ? `.${part}` : part;
    })
    .join("");
}

export function report(problems, at, message) {
  if (problems.length < MAX_PROBLEMS) problems.push({ path: pathText(at.path), message });
}

export function show(value) {
  const text = JSON.stringify(value);
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}

// What was found, in few words: a payload may be large.
export function shown(value) {
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (isObject(value)) return "an object";
  return show(typeof value === "string" ? value.slice(0, SHOWN_CHARACTERS + 1) : value);
}
