// Prints what zod's toJSONSchema writes for every type that has a JSON form, as {name: schema}.
//
// node zod_schemas.js BUNDLE [NAME]: BUNDLE exports zod as `z`; with a NAME, says of each JSON text of a list on standard input
// whether that type takes it.
const { z } = require(process.argv[2]);

const user = () => z.object({ name: z.string(), age: z.int().optional() });
const node = z.object({ value: z.int(), get next() { return node.nullable(); } });
const types = {
  string: z.string(), "string.min.max": z.string().min(2).max(5), "string.length": z.string().length(3),
  "string.regex": z.string().regex(/^[a-z]+$/), "string.startsWith": z.string().startsWith("ab"),
  "string.endsWith": z.string().endsWith("z."), "string.includes": z.string().includes("(m)"),
  "string.all": z.string().startsWith("a").endsWith("z").includes("mm").max(20), "string.nonempty": z.string().nonempty(),
  lowercase: z.string().lowercase(), uppercase: z.string().uppercase(), trim: z.string().trim(), slugify: z.string().slugify(),
  toLowerCase: z.string().toLowerCase(), normalize: z.string().normalize(),
  email: z.email(), "email.html5": z.email({ pattern: z.regexes.html5Email }), "email.rfc5322": z.email({ pattern: z.regexes.rfc5322Email }),
  "email.unicode": z.email({ pattern: z.regexes.unicodeEmail }), "email.browser": z.email({ pattern: z.regexes.browserEmail }),
  "email.idn": z.email({ pattern: z.regexes.idnEmail }), "email.max": z.email().max(80),
  url: z.url(), httpUrl: z.httpUrl(), "url.protocol": z.url({ protocol: /^https?$/, hostname: z.regexes.domain }), "url.max": z.url().max(200),
  hostname: z.hostname(), "regexes.hostname": z.string().regex(z.regexes.hostname), "regexes.domain": z.string().regex(z.regexes.domain),
  "hostname.max": z.hostname().max(63), uuid: z.uuid(), uuidv4: z.uuidv4(), uuidv6: z.uuidv6(), uuidv7: z.uuidv7(), guid: z.guid(),
  "uuid.v1": z.uuid({ version: "v1" }), cuid: z.cuid(), cuid2: z.cuid2(), ulid: z.ulid(), xid: z.xid(), ksuid: z.ksuid(), nanoid: z.nanoid(),
  "cuid2.length": z.cuid2().length(24), "nanoid.length": z.string().regex(z.regexes.nanoidOfLength(10)),
  ipv4: z.ipv4(), ipv6: z.ipv6(), cidrv4: z.cidrv4(), cidrv6: z.cidrv6(), mac: z.mac(), "mac.dash": z.mac({ delimiter: "-" }),
  base64: z.base64(), base64url: z.base64url(), "base64.max": z.base64().max(100), hex: z.hex(), jwt: z.jwt(), e164: z.e164(), emoji: z.emoji(),
  creditCard: z.creditCard(), currencyCode: z.currencyCode(), iban: z.iban(),
  "iso.date": z.iso.date(), "iso.time": z.iso.time(), "iso.time.minute": z.iso.time({ precision: -1 }), "iso.time.3": z.iso.time({ precision: 3 }),
  "iso.datetime": z.iso.datetime(), "iso.datetime.offset": z.iso.datetime({ offset: true }), "iso.datetime.local": z.iso.datetime({ local: true }),
  "iso.datetime.both": z.iso.datetime({ offset: true, local: true, precision: 3 }), "iso.duration": z.iso.duration(),
  extendedDuration: z.string().regex(z.regexes.extendedDuration), templateLiteral: z.templateLiteral(["v-", z.number(), "-", z.string()]),
  "templateLiteral.enum": z.templateLiteral([z.number(), z.enum(["px", "em", "rem"])]),
  "templateLiteral.more": z.templateLiteral([z.email(), ":", z.boolean(), z.null(), z.literal(["a", 1]), z.string().min(3), z.int(), z.uuid().optional()]),
  stringFormat: z.stringFormat("cool-id", /^cool-\d{2}$/), stringbool: z.stringbool(), "json()": z.json(),
  ...Object.fromEntries(["md5", "sha1", "sha256", "sha384", "sha512"].flatMap((hash) =>
    ["hex", "base64", "base64url"].map((enc) => [`hash.${hash}.${enc}`, z.hash(hash, { enc })]))),
  number: z.number(), int: z.int(), int32: z.int32(), uint32: z.uint32(), float32: z.float32(), float64: z.float64(), "number.int": z.number().int(),
  positive: z.number().positive(), nonnegative: z.number().nonnegative(), negative: z.number().negative(), nonpositive: z.number().nonpositive(),
  "gt.lt": z.number().gt(0.5).lt(1.5), "min.max": z.number().min(-1).max(1), finite: z.number().finite(), safe: z.number().safe(),
  ...Object.fromEntries([0.25, 0.5, 0.1, 0.01, 0.001, 0.125, 2.5, 1.5, 3, 7, 10, 25, 100, 1000, 0.05, 0.2, 1e-5, 12, 60, 256, 365, 512, 1024, 0.0625, 0.3, 15, 3600]
    .flatMap((step) => [[`multipleOf.${step}`, z.number().multipleOf(step)], [`step.${step}.bounded`, z.number().min(0).max(1000).multipleOf(step)],
      [`int.multipleOf.${step}`, z.int().multipleOf(step)]])),
  "multipleOf.twice": z.number().multipleOf(0.25).multipleOf(0.1), "multipleOf.mixed": z.number().multipleOf(0.25).multipleOf(3),
  boolean: z.boolean(), null: z.null(), any: z.any(), unknown: z.unknown(), undefined: z.undefined(), "any.optional": z.object({ a: z.any() }),
  "literal.text": z.literal("a"), "literal.number": z.literal(5), "literal.list": z.literal(["a", 1, null, true]), enum: z.enum(["x", "y"]),
  nativeEnum: z.nativeEnum({ A: "a", B: 1 }), "enum.exclude": z.enum(["x", "y", "z"]).exclude(["x"]), keyof: user().keyof(),
  array: z.array(z.string()), "array.sizes": z.array(z.int()).min(1).max(3), "array.length": z.array(z.int()).length(2), "array.nonempty": z.array(z.int()).nonempty(),
  "array.unique": z.array(z.object({ id: z.uuid(), tags: z.array(z.string()) })), tuple: z.tuple([z.string(), z.int()]),
  "tuple.rest": z.tuple([z.string()], z.int()), "tuple.optional": z.tuple([z.string(), z.int().optional()]), "tuple.empty": z.tuple([]),
  object: user(), strictObject: z.strictObject({ a: z.int() }), looseObject: z.looseObject({ a: z.int() }), catchall: z.object({ a: z.int() }).catchall(z.string()),
  partial: user().partial(), required: user().required(), extend: user().extend({ b: z.boolean() }), pick: user().pick({ name: true }),
  "object.empty": z.object({}), "object.strict.empty": z.strictObject({}), "keys.unicode": z.object({ "prénom": z.string(), "a b": z.int(), "\"q\"": z.null() }),
  record: z.record(z.string(), z.int()), "record.enum": z.record(z.enum(["a", "b"]), z.int()), "record.number": z.record(z.number(), z.string()),
  "record.int": z.record(z.int(), z.string()), "record.uuid": z.record(z.uuid(), z.int()), "record.email": z.record(z.email(), z.int()),
  "record.regex": z.record(z.string().regex(/^[a-z]+$/), z.int()), "record.union": z.record(z.union([z.literal("a"), z.literal("b")]), z.int()),
  "record.template": z.record(z.templateLiteral(["x-", z.string()]), z.int()), partialRecord: z.partialRecord(z.enum(["a", "b"]), z.int()),
  looseRecord: z.looseRecord(z.string().regex(/^S_/), z.string()), "record.any": z.record(z.string(), z.any()), "record.max": z.record(z.string().max(5), z.int()),
  union: z.union([z.string(), z.int(), z.boolean()]), "union.never": z.union([z.never(), z.null()]), xor: z.xor([z.object({ a: z.int() }), z.object({ b: z.string() })]),
  "xor.plain": z.xor([z.string(), z.int()]), discriminatedUnion: z.discriminatedUnion("t", [z.object({ t: z.literal("a"), n: z.int() }), z.object({ t: z.literal("b") })]),
  "discriminatedUnion.nested": z.discriminatedUnion("t", [z.object({ t: z.literal("a") }), z.discriminatedUnion("t", [z.object({ t: z.literal("b") }), z.object({ t: z.literal("c") })])]),
  intersection: z.intersection(z.object({ a: z.int() }), z.object({ b: z.string() })), "intersection.union": z.intersection(z.union([z.object({ a: z.int() }), z.object({ c: z.int() })]), z.object({ b: z.string() })),
  "intersection.three": z.object({ a: z.int() }).and(z.object({ b: z.int() })).and(z.looseObject({ c: z.int() })),
  optional: z.object({ a: z.string().optional() }), exactOptional: z.object({ a: z.string().exactOptional() }), nullable: z.string().nullable(), nullish: z.object({ a: z.string().nullish() }),
  nonoptional: z.object({ a: z.string().optional().nonoptional() }), default: z.object({ a: z.string().default("x") }), prefault: z.object({ a: z.string().prefault("x") }),
  catch: z.object({ a: z.string().catch("x") }), readonly: z.object({ a: z.array(z.int()).readonly() }), brand: z.string().brand("x"), pipe: z.string().pipe(z.email()),
  "coerce.number": z.coerce.number(), "coerce.string": z.coerce.string(), "coerce.boolean": z.coerce.boolean(), refine: z.string().refine((x) => x.length > 1),
  "codec": z.codec(z.iso.datetime(), z.string(), { decode: (x) => x, encode: (x) => x }), lazy: z.object({ a: z.lazy(() => z.int()) }), recursive: node,
  "recursive.union": (() => { const tree = z.union([z.int(), z.lazy(() => z.array(tree))]); return tree; })(), describe: z.string().describe("a text"),
  meta: z.string().meta({ id: "name-of-it", title: "T", examples: ["x"], deprecated: true, custom: { a: 1 } }), file: z.file(), "file.mime": z.file().min(1).max(1000).mime(["image/png", "image/jpeg"]),
  transform: z.string().transform((x) => x.length), success: z.success ? z.success(z.string()) : z.boolean(), "deep": z.object({ a: z.object({ b: z.array(z.union([z.object({ c: z.iso.datetime() }), z.null()])).max(4) }) }),
  agent: z.object({ thought: z.string().max(500), action: z.discriminatedUnion("tool", [
    z.object({ tool: z.literal("search"), query: z.string().min(1).max(200), limit: z.int().min(1).max(50).default(10) }),
    z.object({ tool: z.literal("fetch"), url: z.url(), headers: z.record(z.string(), z.string()).optional() }),
    z.object({ tool: z.literal("done"), answer: z.string(), confidence: z.number().min(0).max(1).multipleOf(0.01) })]) }),
};

function schemas() {
  const out = {};
  for (const [name, type] of Object.entries(types)) {
    for (const target of ["draft-2020-12", "draft-7", "draft-4", "openapi-3.0"]) {
      for (const io of ["output", "input"]) {
        try {
          out[`${name} (${target}, ${io})`] = z.toJSONSchema(type, { target, io });
        } catch (error) {
          // Transforms have no form on the side where they are made.
          if (!/cannot be represented|Invalid target/.test(error.message)) throw error;
        }
      }
    }
  }
  out["reused (ref)"] = z.toJSONSchema(z.object({ a: types.uuid, b: types.uuid, c: z.array(types.uuid) }), { reused: "ref" });
  return out;
}

if (process.argv[3]) {
  const texts = JSON.parse(require("fs").readFileSync(0, "utf8"));
  console.log(JSON.stringify(texts.map((text) => types[process.argv[3]].safeParse(JSON.parse(text)).success)));
} else {
  console.log(JSON.stringify(schemas()));
}
