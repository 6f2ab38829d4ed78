// The run-time half of the generated package: validates payloads, fills defaults, encodes and decodes what
// travels on channels, and keeps state machines. No dependency and no state.
import { MAX_HOPS, described, fits, judge } from "./_judge.js";
import { notJson, show } from "./_json.js";

const SHOWN_PROBLEMS = 10;
const REF = "#/$defs/";

export class InvalidPayload extends Error {
  constructor(type, problems) {
    const lines = problems
      .slice(0, SHOWN_PROBLEMS)
      .map(({ path, message }) => (path ? `${path}: ${message}` : message));
    if (problems.length > SHOWN_PROBLEMS) lines.push(`and ${problems.length - SHOWN_PROBLEMS} more`);
    super(`not a valid ${type}: ${lines.join("; ")}`);
    this.name = "InvalidPayload";
    this.type = type;
    this.problems = problems;
  }
}

export class IllegalTransition extends Error {
  constructor(message, from, to) {
    super(message);
    this.name = "IllegalTransition";
    this.from = from;
    this.to = to;
  }
}

export class Type {
  #references;

  // `references` is a function because the types of two modules may refer to each other.
  constructor(name, schema, references = () => ({})) {
    this.name = name;
    this.schema = schema;
    this.#references = references;
  }

  validate(value) {
    const foreign = notJson(value);
    if (foreign.length) return foreign;
    const problems = [];
    judge(this.schema, value, { path: null, type: this, hops: 0 }, problems);
    return problems;
  }

  is(value) {
    return this.validate(value).length === 0;
  }

  parse(value) {
    const problems = this.validate(value);
    if (problems.length) throw new InvalidPayload(this.name, problems);
    const copy = structuredClone(value);
    fill(this.schema, copy, this, 0);
    return copy;
  }

  reference(pointer) {
    return this.#references()[pointer.slice(REF.length)];
  }
}

// Gives `value` the defaults of its absent properties.
function fill(schema, value, type, hops) {
  if (typeof schema === "boolean" || hops > MAX_HOPS || value === null || typeof value !== "object") return;
  // Which schemas apply is decided before any of them adds a property.
  const subs = applying(schema, value, (sub) => fits(sub, value, { path: null, type, hops: 0 }));
  for (const sub of subs) fill(sub, value, type, hops + 1);
  if (schema.$ref !== undefined) {
    const target = type.reference(schema.$ref);
    fill(target.schema, value, target, hops + 1);
  }
  if (Array.isArray(value)) {
    const { prefixItems = [], items = true } = schema;
    value.forEach((item, place) => fill(prefixItems[place] ?? items, item, type, 0));
    return;
  }
  for (const [key, sub] of Object.entries(schema.properties ?? {})) {
    if (!Object.hasOwn(value, key) && sub.default !== undefined) add(value, key, structuredClone(sub.default));
  }
  for (const key of Object.keys(value)) {
    for (const sub of described(schema, key)) fill(sub, value[key], type, 0);
  }
}

// An assignment would take `__proto__` for the prototype.
function add(object, key, value) {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}

function applying(schema, value, fitting) {
  const { allOf = [], anyOf = [], oneOf = [], if: condition, dependentSchemas = {} } = schema;
  const subs = [...allOf, ...anyOf.filter(fitting), ...oneOf.filter(fitting)];
  if (condition !== undefined) {
    const branches = fitting(condition) ? [condition, schema.then] : [schema.else];
    subs.push(...branches.filter((branch) => branch !== undefined));
  }
  for (const [key, sub] of Object.entries(dependentSchemas)) if (Object.hasOwn(value, key)) subs.push(sub);
  return subs;
}

export class Channel {
  #template;

  constructor(address, messages) {
    this.address = address;
    this.messages = messages;
    // The odd places hold the names of the parameters.
    this.#template = address.split(/\{([^{}]*)\}/);
    this.parameters = this.#template.filter((_, place) => place % 2);
  }

  at(parameters = {}) {
    const value = (name) => {
      const given = Object.hasOwn(parameters, name) ? String(parameters[name]) : "";
      if (!given) throw new TypeError(`the address ${this.address} needs the parameter ${name}`);
      return given;
    };
    return this.#template.map((part, place) => (place % 2 ? value(part) : part)).join("");
  }

  match(address) {
    const literal = (part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
    const source = this.#template.map((part, place) => (place % 2 ? "(.+?)" : literal(part))).join("");
    const found = new RegExp(`^${source}$`, "s").exec(address);
    return found && Object.fromEntries(this.parameters.map((name, place) => [name, found[place + 1]]));
  }

  encode(payload) {
    this.#accepting(payload);
    return JSON.stringify(payload);
  }

  decode(text) {
    let payload;
    try {
      payload = JSON.parse(text);
    } catch (error) {
      throw new InvalidPayload(`payload of ${this.address}`, [{ path: "", message: `no JSON: ${error.message}` }]);
    }
    return this.#accepting(payload).parse(payload);
  }

  // The first message whose payload accepts the value.
  #accepting(value) {
    const problems = [];
    const types = Object.values(this.messages).map((message) => message.payload);
    for (const type of types) {
      const found = type.validate(value);
      if (!found.length) return type;
      problems.push(...found);
    }
    throw new InvalidPayload(`${types.map((type) => type.name).join(" or ")} on ${this.address}`, problems);
  }
}

export class StateMachine {
  constructor(name, transitions) {
    this.name = name;
    this.transitions = transitions;
  }

  next(state) {
    if (Object.hasOwn(this.transitions, state)) return this.transitions[state];
    const known = Object.keys(this.transitions).join(", ");
    throw new IllegalTransition(`${show(state)} is no ${this.name}; the states are ${known}`, state, undefined);
  }

  isTerminal(state) {
    return this.next(state).length === 0;
  }

  canBecome(from, to) {
    this.next(to);
    return this.next(from).includes(to) || from === to;
  }

  checkTransition(from, to) {
    if (this.canBecome(from, to)) return to;
    const next = this.next(from);
    const allowed = next.length ? `it may become ${next.join(", ")}` : "it is final";
    throw new IllegalTransition(`${this.name} ${from} cannot become ${to}; ${allowed}`, from, to);
  }
}
