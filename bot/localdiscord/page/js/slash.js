// Reading a slash command as it is typed: plain functions from text to what
// is there, what is missing and where the caret stands. No DOM, no network.

/** Option types of Discord that need a look here. */
export const kinds = { string: 3, integer: 4, boolean: 5, user: 6, channel: 7, role: 8, mentionable: 9, number: 10 };

/** ordered lists a command's options, required ones first. */
export const ordered = (command) => [...(command.options || [])].sort((a, b) => Number(!!b.required) - Number(!!a.required));

const oneWord = (option) => option.autocomplete || (option.choices || []).length > 0 || option.type !== kinds.string;

/**
 * parse reads "/name option:value ..." and returns null for anything else.
 * values: [{option, text, key, from, to}], with offsets into the text; what
 * stands before the first known option goes to the first option without one.
 */
export function parse(text, commands) {
  const m = /^\/([^\s]*)/.exec(text);
  if (!m) return null;
  const command = commands.find((c) => c.name === m[1].toLowerCase());
  const parsed = { name: m[1], command, named: m[0].length < text.length, values: [], unknown: [] };
  if (!command || !parsed.named) return parsed;
  const body = m[0].length;
  const marks = [];
  const key = /(?<=\s)([\p{L}\p{N}_-]+):/gu;
  key.lastIndex = body;
  for (let k = key.exec(text); k; k = key.exec(text)) {
    const option = (command.options || []).find((o) => o.name === k[1].toLowerCase());
    if (option && !marks.some((mark) => mark.option === option)) marks.push({ option, key: k.index, from: k.index + k[0].length });
  }
  marks.forEach((mark, i) => {
    const to = i + 1 < marks.length ? marks[i + 1].key : text.length;
    parsed.values.push({ ...mark, to, text: text.slice(mark.from, to).trim() });
  });
  const lead = { from: body + 1, to: marks.length ? marks[0].key : text.length };
  const loose = text.slice(lead.from, lead.to).trim();
  if (loose) {
    const stray = /^([\p{L}\p{N}_-]+):(?!\/\/)/u.exec(loose);
    const free = ordered(command).find((o) => !marks.some((mark) => mark.option === o));
    if (free && !stray) parsed.values.unshift({ option: free, key: null, ...lead, text: loose });
    else parsed.unknown.push(stray ? stray[1] : loose);
  }
  return parsed;
}

/** caretIn says what the caret stands in: the command's name, an option's value, or between options. */
export function caretIn(text, caret, parsed) {
  if (!parsed) return null;
  if (!parsed.named || caret <= parsed.name.length + 1) {
    return { in: "name", prefix: text.slice(1, caret), from: 0, to: parsed.name.length + 1 };
  }
  if (!parsed.command) return null;
  for (const value of parsed.values) {
    if (caret < value.from || caret > value.to || (caret === value.to && value.to < text.length)) continue;
    const typed = text.slice(value.from, caret);
    // A finished word and a blank end a value that is one word.
    if (oneWord(value.option) && /\S\s+$/.test(typed)) continue;
    return { in: "value", option: value.option, prefix: typed.trim(), from: value.from, to: value.from + text.slice(value.from, value.to).trimEnd().length };
  }
  const before = text.slice(0, caret);
  const word = /[^\s]*$/.exec(before)[0];
  return { in: "options", prefix: word, from: caret - word.length, to: caret };
}

/** remaining lists the options that have no value yet. */
export const remaining = (parsed) => ordered(parsed.command).filter((o) => !parsed.values.some((v) => v.option === o));

/** missing is the first sentence about why the command cannot be sent, or "". */
export function missing(parsed, people, direct) {
  if (!parsed.command) {
    if (direct) return "Commands work in the server's channels, not in direct messages.";
    return parsed.name ? `There is no command /${parsed.name}. Type / to see what there is.` : "Type the name of a command after the slash.";
  }
  if (parsed.unknown.length) return `/${parsed.name} has no option “${parsed.unknown[0]}”.`;
  for (const option of ordered(parsed.command)) {
    const value = parsed.values.find((v) => v.option === option);
    if (option.required && !value?.text) return `${option.name} is missing: ${option.description}`;
    if (!value?.text) continue;
    if (option.type === kinds.user && !findPerson(value.text, people)) return `Nobody here is called ${value.text}.`;
    if ((option.type === kinds.integer && !/^-?\d+$/.test(value.text)) || (option.type === kinds.number && !Number.isFinite(Number(value.text)))) {
      return `${option.name} needs a number, not “${value.text}”.`;
    }
    if (option.type === kinds.boolean && !/^(true|false|yes|no)$/i.test(value.text)) return `${option.name} is yes or no.`;
    if (option.choices?.length && !findChoice(value.text, option.choices)) return `${option.name} cannot be “${value.text}”. Press Tab to choose.`;
  }
  return "";
}

/** findPerson reads "@ana", "ana", "<@123>" or "123". */
export function findPerson(text, people) {
  const word = text.replace(/^<@!?(\d+)>$/, "$1").replace(/^@/, "").toLowerCase();
  return people.find((p) => p.id === word || p.name.toLowerCase() === word);
}

const findChoice = (text, choices) => choices.find((c) => String(c.value) === text) || choices.find((c) => c.name.toLowerCase() === text.toLowerCase());

/** toSend turns what was typed into the option values that the bot gets. */
export function toSend(parsed, people, offered = new Map()) {
  return parsed.values.filter((v) => v.text).map(({ option, text }) => {
    const choice = findChoice(text, option.choices?.length ? option.choices : offered.get(option.name) || []);
    let value = choice ? choice.value : text;
    if (option.type === kinds.user) value = findPerson(text, people)?.id ?? text;
    else if (option.type === kinds.integer || option.type === kinds.number) value = Number(value);
    else if (option.type === kinds.boolean) value = /^(true|yes)$/i.test(text);
    return { name: option.name, value };
  });
}

const adminBits = 0x28n; // ADMINISTRATOR and MANAGE_GUILD; everybody here has the others

/** forAdmins tells whether Discord offers a command to admins only. "0" is nobody else, none is everybody. */
export function forAdmins(command) {
  const needs = command.default_member_permissions;
  if (needs === null || needs === undefined) return false;
  return BigInt(needs) === 0n || (BigInt(needs) & adminBits) !== 0n;
}
