// Holds a value against a JSON Schema, in as much of it as the schemas of a catalog's files use. Pure.

export interface Schema {
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  uniqueItems?: boolean;
  maxItems?: number;
  items?: Schema;
  properties?: Record<string, Schema>;
  patternProperties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  required?: string[];
}

/** What breaks a schema: where, by which of its words, and what that word asks. */
export interface Breach {
  at: string;
  keyword: string;
  asked: string;
}

const TYPES: Record<string, (value: unknown) => boolean> = {
  string: (value) => typeof value === "string",
  number: (value) => typeof value === "number",
  integer: (value) => Number.isInteger(value),
  boolean: (value) => typeof value === "boolean",
  array: Array.isArray,
  object: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
};

function listed(values: unknown[]): string {
  return values.map(String).join(", ");
}

/** Every breach; of a value that is of another type, that alone. */
export function breaches(value: unknown, schema: Schema, at = ""): Breach[] {
  const types = schema.type === undefined ? [] : [schema.type].flat();
  if (types.length && !types.some((type) => TYPES[type]!(value))) return [{ at, keyword: "type", asked: listed(types) }];
  const found: Breach[] = [];
  const broken = (keyword: string, is: boolean, asked: unknown): unknown => is && found.push({ at, keyword, asked: String(asked) });
  broken("enum", Boolean(schema.enum && !schema.enum.includes(value)), listed(schema.enum ?? []));
  broken("const", schema.const !== undefined && schema.const !== value, schema.const);
  if (typeof value === "string") {
    const length = [...value].length;
    broken("minLength", length < (schema.minLength ?? 0), schema.minLength);
    broken("maxLength", length > (schema.maxLength ?? Infinity), schema.maxLength);
    broken("pattern", schema.pattern !== undefined && !new RegExp(schema.pattern, "u").test(value), schema.pattern);
  }
  if (typeof value === "number") {
    broken("minimum", value < (schema.minimum ?? -Infinity), schema.minimum);
    broken("exclusiveMinimum", value <= (schema.exclusiveMinimum ?? -Infinity), schema.exclusiveMinimum);
    broken("maximum", value > (schema.maximum ?? Infinity), schema.maximum);
  }
  if (Array.isArray(value)) {
    broken("maxItems", value.length > (schema.maxItems ?? Infinity), schema.maxItems);
    broken("uniqueItems", Boolean(schema.uniqueItems) && new Set(value.map((item) => JSON.stringify(item))).size < value.length, "");
    value.forEach((item, i) => found.push(...breaches(item, schema.items ?? {}, `${at}[${i}]`)));
  } else if (TYPES.object!(value)) {
    found.push(...members(value as Record<string, unknown>, schema, at));
  }
  return found;
}

function members(value: Record<string, unknown>, schema: Schema, at: string): Breach[] {
  const found: Breach[] = (schema.required ?? []).filter((key) => !(key in value))
    .map((key) => ({ at: at ? `${at}.${key}` : key, keyword: "required", asked: key }));
  for (const [key, item] of Object.entries(value)) {
    const inner = schema.properties?.[key]
      ?? Object.entries(schema.patternProperties ?? {}).find(([pattern]) => new RegExp(pattern, "u").test(key))?.[1]
      ?? (typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined);
    const where = at ? `${at}.${key}` : key;
    if (inner) found.push(...breaches(item, inner, where));
    else if (schema.additionalProperties === false) found.push({ at: where, keyword: "additionalProperties", asked: key });
  }
  return found;
}
