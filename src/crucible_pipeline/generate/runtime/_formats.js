// Formats that are asserted, each by its standard; a format that is not here asserts nothing.

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const test = (pattern) => (text) => pattern.test(text);

// RFC 3339 section 5.6, full-date; no year 0, which the Python models cannot hold.
function date(text) {
  const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (!found) return false;
  const [year, month, day] = found.slice(1).map(Number);
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = month === 2 && leap ? 29 : DAYS[month - 1];
  return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= days;
}

// RFC 3339 section 5.6, full-time; no leap second, which the Python models cannot hold.
const time = test(/^(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i);

const dateTime = (text) => /^t$/i.test(text.charAt(10)) && date(text.slice(0, 10)) && time(text.slice(11));

// RFC 3986 section 3.2.2 and RFC 4291 section 2.2.
const BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
const ipv4 = test(new RegExp(`^${BYTE}(?:\\.${BYTE}){3}$`));

function ipv6(text) {
  const halves = text.split("::");
  if (halves.length > 2) return false;
  const groups = halves.map((half) => (half === "" ? [] : half.split(":")));
  const all = groups.flat();
  const quad = all.length > 0 && groups.at(-1).length > 0 && ipv4(all.at(-1)) ? all.pop() : undefined;
  const width = all.length + (quad === undefined ? 0 : 2);
  const fit = halves.length === 2 ? width <= 7 : width === 8;
  return fit && all.every(test(/^[0-9a-f]{1,4}$/i));
}

// RFC 1123 section 2.1 over RFC 952.
const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const NAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`, "i");
const hostname = (text) => text.length <= 253 && NAME.test(text);

// RFC 5321 section 4.1.2, Mailbox.
const ATOM = "[\\w!#$%&'*+/=?^`{|}~-]+";
const LOCAL_PART = new RegExp(`^(?:${ATOM}(?:\\.${ATOM})*|"(?:[ !#-[\\]-~]|\\\\[ -~])*")$`);

function email(text) {
  const at = Math.max(text.lastIndexOf("@"), 0);
  const [local, domain] = [text.slice(0, at), text.slice(at + 1)];
  if (local.length > 64 || !LOCAL_PART.test(local)) return false;
  const literal = /^\[(?:IPv6:(.+)|(.+))\]$/i.exec(domain);
  if (literal === null) return hostname(domain);
  return literal[1] === undefined ? ipv4(literal[2]) : ipv6(literal[1]);
}

// RFC 3986 appendix A, URI.
const PCHAR = "(?:[\\w.~!$&'()*+,;=:@-]|%[0-9a-f]{2})";
const USER = "(?:[\\w.~!$&'()*+,;=:-]|%[0-9a-f]{2})*@";
const REG_NAME = "(?:[\\w.~!$&'()*+,;=-]|%[0-9a-f]{2})*";
const LITERAL = "\\[(?:(?<ipv6>[0-9a-f:.]+)|v[0-9a-f]+\\.[\\w.~!$&'()*+,;=:-]+)\\]";
const HIER = `(?://(?:${USER})?(?:${LITERAL}|${REG_NAME})(?::[0-9]*)?(?:/${PCHAR}*)*|/?(?:${PCHAR}+(?:/${PCHAR}*)*)?)`;
const URI = new RegExp(`^[a-z][a-z0-9+.-]*:${HIER}(?:\\?(?:${PCHAR}|[/?])*)?(?:#(?:${PCHAR}|[/?])*)?$`, "i");

function uri(text) {
  const found = URI.exec(text);
  return found !== null && (found.groups.ipv6 === undefined || ipv6(found.groups.ipv6));
}

// RFC 3339 appendix A: units follow each other without a gap.
const CLOCK = "T(?:\\d+H(?:\\d+M(?:\\d+S)?)?|\\d+M(?:\\d+S)?|\\d+S)";
const CALENDAR = "(?:\\d+Y(?:\\d+M(?:\\d+D)?)?|\\d+M(?:\\d+D)?|\\d+D)";
const duration = test(new RegExp(`^P(?:\\d+W|${CALENDAR}(?:${CLOCK})?|${CLOCK})$`));

// ECMA-262 section 22.2, with the `u` flag.
function regex(text) {
  try {
    return new RegExp(text, "u") instanceof RegExp;
  } catch {
    return false;
  }
}

export const FORMATS = Object.freeze({
  "date-time": dateTime,
  date,
  time,
  duration,
  ipv4,
  ipv6,
  hostname,
  email,
  uri,
  // RFC 9562 section 4.
  uuid: test(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i),
  // RFC 4648 section 4.
  byte: test(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/),
  // A fixed-point number of any size.
  decimal: test(/^[+-]?\d+(?:\.\d+)?$/),
  regex,
});
