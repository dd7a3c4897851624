// What `deepcat check` and the plan would say of a deployment that is being written. Pure.
import { admits, isRange } from "./ranges.ts";
import { breaches, type Schema } from "./schema.ts";
import { document, type Value, type Wish } from "./wish.ts";

/** `deploy/rules.json`: made at build from the schema of deployments and the catalog's facts. */
export interface Rules {
  schema: Schema;
  name: string;
  reserved: string[];
  taken: string[];
  clouds: string[];
  /** Name of each data set of the catalog -> its title. */
  datasets: Record<string, string>;
  /** What the check says of a breach of the schema, by the schema's word. */
  codes: Record<string, string>;
}

/** An input of a topology, as its template declares it. */
export interface Input {
  type: string;
  description: string;
  required: boolean;
  default?: Value;
  constraints?: Record<string, Value>[];
}

/** What a module's document says of deploying it. */
export interface Module {
  name: string;
  version: string;
  deprecated: boolean;
  topology: { profiles: string[]; inputs: Record<string, Input> } | null;
  /** `data`: the name that its script knows it by -> what the module says that it is. */
  training: { inputs: Record<string, Input>; data: Record<string, string>; metric: string } | null;
  metrics: { name: string }[];
}

/** One thing that is wrong, or could be better: the check's code, and the words' key with what fills it. */
export interface Fault {
  code: string;
  key: string;
  values: Record<string, string | number>;
  hint?: boolean;
}

function named(wish: Wish, rules: Rules): Fault[] {
  const fault = (code: string, key: string): Fault[] => [{ code, key, values: { name: wish.name } }];
  if (!wish.name) return fault("unit/name", "name_missing");
  if (!new RegExp(rules.name, "u").test(wish.name)) return fault("unit/name", "name");
  if (rules.reserved.includes(wish.name)) return fault("unit/name", "name_reserved");
  return rules.taken.includes(wish.name) ? fault("", "name_taken") : [];
}

function shaped(wish: Wish, rules: Rules, types: Record<string, string>): Fault[] {
  return breaches(document(wish, types), rules.schema)
    .map(({ at, keyword, asked }) => ({ code: rules.codes[keyword] ?? "", key: `breach.${keyword}`, values: { at, asked } }));
}

function versioned(wish: Wish, module: Module): Fault[] {
  const version = wish.version.trim() || "*";
  const values = { version, name: module.name, there: module.version };
  if (!isRange(version)) return [{ code: "deployment/version", key: "version", values }];
  return admits(version, module.version) === false ? [{ code: "deployment/version", key: "version_elsewhere", values, hint: true }] : [];
}

const SECRET = /(?:^|[_-])(?:password|passwd|passphrase|pass|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?|client[_-]?secret|auth)$/i;
const CAPITALS = /[a-z0-9](?:PASSWORD|Password|SECRET|Secret|TOKEN|Token|ApiKey|APIKEY)$/;
const REFERENCE = /^(?:env|file|vault|oidc|keyring):\S+$/;

const IS: Record<string, (value: Value) => boolean> = {
  integer: (value) => Number.isInteger(value),
  float: (value) => typeof value === "number",
  boolean: (value) => typeof value === "boolean",
  string: (value) => typeof value === "string",
  list: Array.isArray,
  map: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
};

/** Whether a number or a text holds a constraint; true for those that only the check itself can tell. */
function holds(value: Value, clause: Record<string, Value>): boolean {
  return Object.entries(clause).every(([name, argument]) => {
    const [low, high] = Array.isArray(argument) ? argument : [argument, argument];
    const size = typeof value === "string" ? [...value].length : Array.isArray(value) ? value.length : 0;
    const is = typeof value === "number";
    switch (name) {
      case "equal": return value === argument;
      case "valid_values": return Array.isArray(argument) && argument.includes(value);
      case "greater_than": return !is || value > Number(argument);
      case "greater_or_equal": return !is || value >= Number(argument);
      case "less_than": return !is || value < Number(argument);
      case "less_or_equal": return !is || value <= Number(argument);
      case "in_range": return !is || ((low === "UNBOUNDED" || value >= Number(low)) && (high === "UNBOUNDED" || value <= Number(high)));
      case "length": return size === Number(argument);
      case "min_length": return size >= Number(argument);
      case "max_length": return size <= Number(argument);
      default: return true;
    }
  });
}

function given(wish: Wish, module: Module, types: Record<string, string>): Fault[] {
  const inputs = inputsOf(module, wish.profile);
  const values = (document(wish, types).inputs ?? {}) as Record<string, Value>;
  const found: Fault[] = [];
  for (const [name, input] of Object.entries(inputs)) {
    const value = values[name];
    if (value === undefined) {
      if (input.required && input.default === undefined) found.push({ code: "deployment/inputs", key: "input_missing", values: { name } });
    } else if (!(IS[input.type]?.(value) ?? true)) {
      found.push({ code: "deployment/inputs", key: "input_type", values: { name, type: input.type } });
    } else if (!(input.constraints ?? []).every((clause) => holds(value, clause))) {
      found.push({ code: "deployment/inputs", key: "input_bounds", values: { name } });
    }
    if (typeof value === "string" && (SECRET.test(name) || CAPITALS.test(name)) && !REFERENCE.test(value)) {
      found.push({ code: "deployment/secret", key: "input_secret", values: { name } });
    }
  }
  return found;
}

/** What the plan would say of an early end: which metric has to get better, which way, and how often it may not. */
function stopped({ training }: Wish, module: Module): Fault[] {
  if (!training) return [];
  const fault = (key: string, name = ""): Fault[] => [{ code: "training/stop", key, values: { name } }];
  if (!training.patience.trim()) return training.metric.trim() || training.mode ? fault("stop_patience") : [];
  const metric = training.metric.trim() || module.training?.metric;
  if (!metric) return fault("stop_metric");
  return training.mode || module.metrics.some(({ name }) => name === metric) ? [] : fault("stop_mode", metric);
}

const BOUNDS: Record<string, string> = {
  greater_or_equal: "least", greater_than: "above", less_or_equal: "most", less_than: "below",
  valid_values: "one_of", equal: "equal", length: "length", min_length: "min_length", max_length: "max_length", pattern: "pattern",
};

/** The bounds of an input as keys of words, with what fills them. */
export function boundsOf(input: Input): { key: string; a: string; b: string }[] {
  const all = (input.constraints ?? []).flatMap((clause) => Object.entries(clause));
  const [least, most] = ["greater_or_equal", "less_or_equal"].map((each) => all.find(([name]) => name === each));
  const both: [string, Value][] = least && most ? [["in_range", [least[1], most[1]]]] : [];
  return [...both, ...all.filter((each) => !both.length || (each !== least && each !== most))].map(([name, value]) => {
    const values = (Array.isArray(value) ? value : [value]).map(String);
    const [low = "", high = ""] = values;
    if (name === "in_range" && high === "UNBOUNDED") return { key: "least", a: low, b: "" };
    if (name === "in_range" && low === "UNBOUNDED") return { key: "most", a: high, b: "" };
    return name === "in_range" ? { key: "between", a: low, b: high } : { key: BOUNDS[name] ?? "another", a: values.join(", "), b: name };
  });
}

/** What a deployment of a module may give in a profile: a training's inputs, else the topology's. */
export function inputsOf(module: Module | undefined, profile: string): Record<string, Input> {
  return (profile === "train" && module?.training?.inputs) || (module?.topology?.inputs ?? {});
}

/** Everything; what is no hint keeps the file from passing. */
export function judge(wish: Wish, module: Module | undefined, rules: Rules): Fault[] {
  if (!module) return [...named(wish, rules), { code: "deployment/module", key: "module", values: { name: wish.module } }];
  const types = Object.fromEntries(Object.entries(inputsOf(module, wish.profile)).map(([name, input]) => [name, input.type]));
  const values = { name: module.name, profile: wish.profile };
  const found = [...named(wish, rules), ...shaped(wish, rules, types), ...versioned(wish, module)];
  const isTrained = wish.profile === "train" && module.training !== null;
  if (!module.topology && !isTrained) found.push({ code: "deployment/topology", key: "topology", values });
  else if (module.topology && !isTrained && !module.topology.profiles.includes(wish.profile)) found.push({ code: "plan/profile", key: `no_profile.${wish.profile}`, values });
  found.push(...given(wish, module, types), ...stopped(wish, module));
  for (const name of wish.clouds.filter((each) => !rules.clouds.includes(each))) found.push({ code: "deployment/cloud", key: "cloud", values: { name } });
  if (module.deprecated) found.push({ code: "deployment/deprecated", key: "deprecated", values, hint: true });
  if (!wish.owner.trim()) found.push({ code: "deployment/owner", key: "owner", values, hint: true });
  return found;
}
