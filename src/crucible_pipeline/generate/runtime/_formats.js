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

const TIME = /^([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(?:\.\d+)?(?:z|([+-])([01]\d|2[0-3]):([0-5]\d))$/i;

// RFC 3339 section 5.6, full-time; the 61st second exists at 23:59:60 UTC only.
function time(text) {
  const found = TIME.exec(text);
  if (found === null || found[3] !== "60") return found !== null;
  const [, hour, minute, , sign, hours = 0, minutes = 0] = found;
  const offset = (sign === "+" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
  return (Number(hour) * 60 + Number(minute) + offset + 1440) % 1440 === 1439;
}

// RFC 3339 section 5.6, date-time; no leap second, which the date-times of Python cannot hold.
function dateTime(text) {
  if (!/^t$/i.test(text.charAt(10)) || text.slice(17, 19) === "60") return false;
  return date(text.slice(0, 10)) && time(text.slice(11));
}

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

// RFC 3987 section 2.2: what an IRI may hold beside the characters of a URI. The ends of the planes are none.
const PLANES = [..."123456789abcd"].map((plane) => `\\u{${plane}0000}-\\u{${plane}fffd}`).join("");
const UCS = `\\u00a0-\\ud7ff\\uf900-\\ufdcf\\ufdf0-\\uffef${PLANES}\\u{e1000}-\\u{efffd}`;
const PRIVATE = "\\ue000-\\uf8ff\\u{f0000}-\\u{ffffd}\\u{100000}-\\u{10fffd}";

// RFC 3986 appendix A.
function reference(more, own, relative) {
  const plain = `A-Za-z0-9._~${more}\\-`;
  const escaped = "%[0-9A-Fa-f]{2}";
  const name = `(?:[${plain}!$&'()*+,;=]|${escaped})*`;
  const char = `(?:[${plain}!$&'()*+,;=:@]|${escaped})`;
  const first = `(?:[${plain}!$&'()*+,;=@]|${escaped})`; // of a path without a scheme, where a colon would make one
  const future = `v[0-9A-Fa-f]+\\.[${plain}!$&'()*+,;=:]+`;
  const host = `(?:\\[(?:([0-9A-Fa-f:.]+)|${future})\\]|${name})`;
  const below = `//(?:(?:[${plain}!$&'()*+,;=:]|${escaped})*@)?${host}(?::[0-9]*)?(?:/${char}*)*`;
  const rooted = `/(?:${char}+(?:/${char}*)*)?`;
  const end = `(?:\\?(?:${char}|[/?${own}])*)?(?:#(?:${char}|[/?])*)?`;
  const whole = `[A-Za-z][A-Za-z0-9+.\\-]*:(?:${below}|${rooted}|${char}+(?:/${char}*)*)?`;
  const part = relative ? `|(?:${below}|${rooted}|${first}+(?:/${char}*)*)?` : "";
  const pattern = new RegExp(`^(?:${whole}${part})${end}$`, "u");
  return (text) => {
    const found = pattern.exec(text);
    return found !== null && found.slice(1).every((address) => address === undefined || ipv6(address));
  };
}

// RFC 6570 section 2.
const VARIABLE = "(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2})";
const VARSPEC = `${VARIABLE}(?:\\.?${VARIABLE})*(?::[1-9][0-9]{0,3}|\\*)?`;
const CHARACTER = `[!#$&()*+,.\\/0-9:;=?@A-Z\\[\\]_a-z~${UCS}${PRIVATE}\\-]|%[0-9A-Fa-f]{2}`;
const EXPRESSION = `\\{[+#.\\/;?&=,!@|]?${VARSPEC}(?:,${VARSPEC})*\\}`;

// RFC 3339 appendix A: units follow each other without a gap.
const CLOCK = "T(?:\\d+H(?:\\d+M(?:\\d+S)?)?|\\d+M(?:\\d+S)?|\\d+S)";
const CALENDAR = "(?:\\d+Y(?:\\d+M(?:\\d+D)?)?|\\d+M(?:\\d+D)?|\\d+D)";
const duration = test(new RegExp(`^P(?:\\d+W|${CALENDAR}(?:${CLOCK})?|${CLOCK})$`));

export const FORMATS = Object.freeze({
  "date-time": dateTime,
  date,
  time,
  duration,
  ipv4,
  ipv6,
  hostname,
  email,
  uri: reference("", "", false),
  "uri-reference": reference("", "", true),
  iri: reference(UCS, PRIVATE, false),
  "iri-reference": reference(UCS, PRIVATE, true),
  "uri-template": test(new RegExp(`^(?:${CHARACTER}|${EXPRESSION})*$`, "u")),
  // RFC 6901 section 3, and its relative form.
  "json-pointer": test(/^(?:\/(?:[^~/]|~[01])*)*$/u),
  "relative-json-pointer": test(/^(?:0|[1-9][0-9]*)(?:#|(?:\/(?:[^~/]|~[01])*)*)$/u),
  // RFC 9562 section 4.
  uuid: test(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i),
  // RFC 4648 section 4.
  byte: test(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/),
  // A fixed-point number of any size.
  decimal: test(/^[+-]?\d+(?:\.\d+)?$/),
});
