import HostConstraints
import HostCore
import Support
import Testing

/// What `z.toJSONSchema` of zod 4.1 writes for each type that has a JSON form, with texts that fit and that do not.
@Suite("Schemas as zod writes them")
struct ZodSchemaTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let schema: String
        let yes: [String]
        let no: [String]
        var testDescription: String { name }

        init(_ name: String, _ schema: String, yes: [String], no: [String] = []) {
            self.name = name
            self.schema = schema
            self.yes = yes
            self.no = no
        }
    }

    private static func string(_ name: String, _ keywords: String, yes: [String], no: [String] = []) -> Case {
        Case(name, #"{"type":"string",\#(keywords)}"#, yes: yes.map { "\"\($0)\"" }, no: no.map { "\"\($0)\"" })
    }

    private static let date =
        #"(?:(?:\\d\\d[2468][048]|\\d\\d[13579][26]|\\d\\d0[48]|[02468][048]00|[13579][26]00)-02-29|\\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|(?:02)-(?:0[1-9]|1\\d|2[0-8])))"#
    private static let clock = #"(?:[01]\\d|2[0-3]):[0-5]\\d(?::[0-5]\\d(?:\\.\\d+)?)?"#
    private static let octet = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9][0-9]|[0-9])"

    static let strings = [
        string(
            "z.email()",
            #""format":"email","pattern":"^(?!\\.)(?!.*\\.\\.)([A-Za-z0-9_'+\\-\\.]*)[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9\\-]*\\.)+[A-Za-z]{2,}$""#,
            yes: ["ada.b+c@math.org", "a@b-c.de"], no: [".a@b.org", "a..b@c.org", "a@b", "a.@b.org"]),
        string("z.url()", #""format":"uri""#, yes: ["https://x.org/a?b=c"], no: ["x"]),
        string(
            "z.uuid()",
            #""format":"uuid","pattern":"^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}|00000000-0000-0000-0000-000000000000|ffffffff-ffff-ffff-ffff-ffffffffffff)$""#,
            yes: ["123e4567-e89b-42d3-a456-426614174000", "00000000-0000-0000-0000-000000000000"],
            no: ["123e4567-e89b-02d3-a456-426614174000"]),
        string(
            "z.guid()",
            #""format":"uuid","pattern":"^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})$""#,
            yes: ["123e4567-e89b-02d3-0456-426614174000"], no: ["x"]),
        string("z.cuid()", #""format":"cuid","pattern":"^[cC][^\\s-]{8,}$""#, yes: ["cjld2cjxh0000qzrmn831i7rn"], no: ["x123456789"]),
        string("z.cuid2()", #""format":"cuid2","pattern":"^[0-9a-z]+$""#, yes: ["tz4a98xxat96iws9zmbrgj3a"], no: ["A"]),
        string(
            "z.ulid()", #""format":"ulid","pattern":"^[0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{26}$""#,
            yes: ["01ARZ3NDEKTSV4RRFFQ69G5FAV"], no: ["01ARZ3"]),
        string("z.xid()", #""format":"xid","pattern":"^[0-9a-vA-V]{20}$""#, yes: ["9m4e2mr0ui3e8a215n4g"], no: ["z"]),
        string("z.ksuid()", #""format":"ksuid","pattern":"^[A-Za-z0-9]{27}$""#, yes: ["0ujtsYcgvSTl8PAuAdqWYSMnLOv"], no: ["x"]),
        string("z.nanoid()", #""format":"nanoid","pattern":"^[a-zA-Z0-9_-]{21}$""#, yes: ["V1StGXR8_Z5jdHi6B-myT"], no: ["x"]),
        string(
            "z.ipv4()", #""format":"ipv4","pattern":"^(?:\#(octet)\\.){3}\#(octet)$""#, yes: ["10.0.0.255"], no: ["1.2.3.256"]),
        string(
            "z.ipv6()",
            #""format":"ipv6","pattern":"^(([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|([0-9a-fA-F]{1,4}:){1,7}:|([0-9a-fA-F]{1,4}:){1,6}:[0-9a-fA-F]{1,4}|:((:[0-9a-fA-F]{1,4}){1,7}|:))$""#,
            yes: ["2001:db8::1", "::", "1:2:3:4:5:6:7:8"], no: ["1:2", "g::"]),
        string(
            "z.cidrv4()", #""format":"cidrv4","pattern":"^(\#(octet)\\.){3}\#(octet)\\/([0-9]|[1-2][0-9]|3[0-2])$""#,
            yes: ["10.0.0.0/8"], no: ["10.0.0.0/33"]),
        string(
            "z.cidrv6()",
            #""format":"cidrv6","pattern":"^(([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}|::|([0-9a-fA-F]{1,4})?::([0-9a-fA-F]{1,4}:?){0,6})\\/(12[0-8]|1[01][0-9]|[1-9]?[0-9])$""#,
            yes: ["2001::/64"], no: ["2001::/129"]),
        string(
            "z.base64()",
            #""format":"base64","contentEncoding":"base64","pattern":"^$|^(?:[0-9a-zA-Z+/]{4})*(?:(?:[0-9a-zA-Z+/]{2}==)|(?:[0-9a-zA-Z+/]{3}=))?$""#,
            yes: ["", "aGk=", "aGVsbG8h"], no: ["a", "aGk"]),
        string(
            "z.base64url()", #""format":"base64url","contentEncoding":"base64url","pattern":"^[A-Za-z0-9_-]*$""#,
            yes: ["aGVsbG8h", "aGVs"], no: ["aGk=", "+"]),
        string("z.e164()", #""format":"e164","pattern":"^\\+(?:[0-9]){6,14}[0-9]$""#, yes: ["+46701234567"], no: ["0701", "+1"]),
        string("z.jwt()", #""format":"jwt""#, yes: [], no: ["x"]),
        string(
            "z.emoji()", #""format":"emoji","pattern":"^(\\p{Extended_Pictographic}|\\p{Emoji_Component})+$""#, yes: ["😀"],
            no: ["a"]),
        string("z.iso.date()", #""format":"date","pattern":"^\#(date)$""#, yes: ["2024-02-29", "1999-12-31"], no: ["2023-02-29"]),
        string("z.iso.time()", #""format":"time","pattern":"^\#(clock)$""#, yes: ["23:59:59", "00:00:00.5"], no: ["24:00:00"]),
        string("z.iso.time() of 4.2", #""pattern":"^\#(clock)$""#, yes: ["23:59", "00:00:00.5"], no: ["24:00:00"]),
        string(
            "z.iso.datetime()", #""format":"date-time","pattern":"^\#(date)T(?:\#(clock)(?:Z))$""#, yes: ["2024-01-02T03:04:05Z"],
            no: ["2024-01-02T03:04:05+01:00", "2024-01-02"]),
        string(
            "z.iso.datetime({offset: true})",
            #""format":"date-time","pattern":"^\#(date)T(?:\#(clock)(?:Z|([+-](?:[01]\\d|2[0-3]):[0-5]\\d)))$""#,
            yes: ["2024-01-02T03:04:05+01:00", "2024-01-02T03:04:05.25Z"], no: ["2024-01-02T03:04:05"]),
        string(
            "z.iso.datetime({local: true})", #""format":"date-time","pattern":"^\#(date)T(?:\#(clock)(?:Z?))$""#,
            yes: ["2024-01-02T03:04:05Z"], no: ["2024-13-02T03:04:05Z"]),
        string(
            "z.iso.duration()",
            #""format":"duration","pattern":"^P(?:(\\d+W)|(?!.*W)(?=\\d|T\\d)(\\d+Y)?(\\d+M)?(\\d+D)?(T(?=\\d)(\\d+H)?(\\d+M)?(\\d+([.,]\\d+)?S)?)?)$""#,
            yes: ["P1Y2M3DT4H5M6S", "PT30S", "P3W"], no: ["P", "PT", "P1W2D", "1D"]),
        string(
            "z.mac()", #""format":"mac","pattern":"^(?:[0-9A-F]{2}:){5}[0-9A-F]{2}$|^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$""#,
            yes: ["00:1A:2B:3C:4D:5E", "00:1a:2b:3c:4d:5e"], no: ["00:1a:2B:3C:4D:5E"]),
        string(
            "z.hostname()",
            #""format":"hostname","pattern":"^(?=.{1,253}\\.?$)[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\\.[a-zA-Z0-9](?:[-0-9a-zA-Z]{0,61}[0-9a-zA-Z])?)*\\.?$""#,
            yes: ["localhost", "a-b.example.org"], no: ["-a.org", "a_b", "a..b", ""]),
        string(
            "z.string().regex(z.regexes.domain)",
            #""pattern":"^(?=.{1,253}$)([a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\\.)+[a-zA-Z]{2,63}$""#,
            yes: ["example.org"], no: ["example", "a.b1"]),
        string("z.creditCard()", #""format":"credit_card","pattern":"^\\d(?:[ -]?\\d){11,18}$""#, yes: ["4111 1111 1111 1111"], no: ["4111"]),
        string(
            "z.iban()", #""format":"iban","pattern":"^[A-Z]{2}(?!00|01|99)\\d{2}[A-Z0-9]{11,30}$""#, yes: ["DE89370400440532013000"], no: ["DE0037040044053201"]
        ),
        string(
            "z.emoji() of 4.6",
            #""format":"emoji","pattern":"^(?=[\\s\\S]*[\\p{Extended_Pictographic}\\p{Regional_Indicator}\\u20E3])[\\p{Extended_Pictographic}\\p{Emoji_Component}]+$""#,
            yes: ["😀", "🇫🇷"], no: ["1", "a"]),
        string(
            "z.email({pattern: z.regexes.idnEmail})", #""format":"email","pattern":"^[^\\s@\"]{1,64}@[^\\s@]{1,255}$""#,
            yes: ["ada@math.org"], no: ["a b@c.org"]),
        string("z.hex()", #""format":"hex","pattern":"^[0-9a-fA-F]*$""#, yes: ["", "dead"], no: ["x"]),
        string("z.hash(\"md5\")", #""format":"md5_hex","pattern":"^[0-9a-fA-F]{32}$""#, yes: [String(repeating: "a0", count: 16)], no: ["a"]),
        string("z.string().regex(…)", #""pattern":"^[a-z]+$""#, yes: ["abc"], no: ["A", ""]),
        string("z.string().min(2).max(5)", #""minLength":2,"maxLength":5"#, yes: ["ab"], no: ["a", "abcdef"]),
        string("z.string().regex(…).length(3)", #""minLength":3,"maxLength":3,"pattern":"^[A-Z]+$""#, yes: ["ABC"], no: ["AB", "abc"]),
        string("startsWith, endsWith, includes", #""allOf":[{"pattern":"^ab.*"},{"pattern":".*z$"},{"pattern":"mm"}]"#, yes: ["abmmz"], no: ["abz", "mmz"]),
        string("lowercase", #""format":"lowercase","pattern":"^[^A-Z]*$""#, yes: ["aé1"], no: ["A"]),
        string("uppercase", #""format":"uppercase","pattern":"^[^a-z]*$""#, yes: ["AÉ1"], no: ["a"]),
        string("z.templateLiteral", #""pattern":"^v-?\\d+(?:\\.\\d+)?\\-[\\s\\S]{0,}$""#, yes: ["v1.5-x", "v-2-"], no: ["v1"]),
        string("z.stringFormat(\"cool-id\", …)", #""format":"cool-id","pattern":"^cool-\\d{2}$""#, yes: ["cool-12"], no: ["cool"]),
        string(
            "z.file()",
            #""format":"binary","contentEncoding":"binary","minLength":1,"maxLength":5000000,"anyOf":[{"contentMediaType":"image/png"},{"contentMediaType":"image/jpeg"}]"#,
            yes: ["x"], no: [""]),
    ]

    static let others = [
        Case("z.int()", #"{"type":"integer","minimum":-9007199254740991,"maximum":9007199254740991}"#, yes: ["-12"], no: ["1.5"]),
        Case("z.int32()", #"{"type":"integer","minimum":-2147483648,"maximum":2147483647}"#, yes: ["2147483647"], no: ["2147483648"]),
        Case("z.uint32()", #"{"type":"integer","minimum":0,"maximum":4294967295}"#, yes: ["4294967295"], no: ["-1"]),
        Case("z.float32()", #"{"type":"number","minimum":-3.4028234663852886e+38,"maximum":3.4028234663852886e+38}"#, yes: ["0.5"], no: ["1e39"]),
        Case("z.float64()", #"{"type":"number","minimum":-1.7976931348623157e+308,"maximum":1.7976931348623157e+308}"#, yes: ["1e5"]),
        Case("z.number().positive().multipleOf(0.1)", #"{"type":"number","exclusiveMinimum":0,"multipleOf":0.1}"#, yes: ["0.1", "2"], no: ["0", "0.25"]),
        Case(
            "z.int().step(2).step(3)", #"{"type":"integer","minimum":-9007199254740991,"maximum":9007199254740991,"multipleOf":2,"allOf":[{"multipleOf":3}]}"#,
            yes: ["6"], no: ["2", "3"]),
        Case("z.number().multipleOf(0.25)", #"{"type":"number","multipleOf":0.25}"#, yes: ["0", "0.25", "-12.5", "99999.75"], no: ["0.3", "1.125", "0.250"]),
        Case("z.number().multipleOf(0.0625)", #"{"type":"number","multipleOf":0.0625}"#, yes: ["0.0625", "3.5"], no: ["0.06", "0.0624"]),
        Case("z.number().multipleOf(2.5)", #"{"type":"number","multipleOf":2.5}"#, yes: ["2.5", "10", "-7.5"], no: ["2", "2.6"]),
        Case(
            "z.int().multipleOf(60)", #"{"type":"integer","minimum":-9007199254740991,"maximum":9007199254740991,"multipleOf":60}"#, yes: ["60", "-3600", "0"],
            no: ["90", "61"]),
        Case("z.int().multipleOf(3600)", #"{"type":"integer","multipleOf":3600}"#, yes: ["86400"], no: ["1800"]),
        Case("z.int().multipleOf(365)", #"{"type":"integer","minimum":0,"multipleOf":365}"#, yes: ["0", "730"], no: ["366", "-365"]),
        Case("z.int().multipleOf(1024)", #"{"type":"integer","multipleOf":1024}"#, yes: ["4096"], no: ["512"]),
        Case(
            "z.number().multipleOf(0.25).multipleOf(3)", #"{"type":"number","multipleOf":0.25,"allOf":[{"multipleOf":3}]}"#, yes: ["3", "-9"],
            no: ["0.75", "1"]),
        Case("z.boolean(), z.stringbool()", #"{"anyOf":[{"type":"boolean"},{"type":"string"}]}"#, yes: ["true", #""yes""#], no: ["1"]),
        Case("z.null()", #"{"type":"null"}"#, yes: ["null"], no: ["0"]),
        Case("z.any()", "{}", yes: ["[1]"], no: ["x"]),
        Case("z.union([z.never(), z.null()])", #"{"anyOf":[{"not":{}},{"type":"null"}]}"#, yes: ["null"], no: ["1"]),
        Case("z.literal([…])", #"{"enum":["a",1,null]}"#, yes: [#""a""#, "null"], no: ["2"]),
        Case("z.literal(5n)", #"{"type":"number","const":5}"#, yes: ["5"], no: ["6"]),
        Case("z.enum", #"{"type":"string","enum":["x","y"]}"#, yes: [#""x""#], no: [#""z""#]),
        Case("z.nativeEnum", #"{"enum":["a",0,1]}"#, yes: ["0"], no: ["2"]),
        Case("z.array().min(1).max(2)", #"{"minItems":1,"maxItems":2,"type":"array","items":{"type":"null"}}"#, yes: ["[null]"], no: ["[]"]),
        Case(
            "z.tuple", #"{"type":"array","prefixItems":[{"type":"string"},{"type":"null"}],"items":false,"minItems":2,"maxItems":2}"#, yes: [#"["a",null]"#],
            no: [#"["a"]"#]),
        Case("z.tuple of 4.0", #"{"type":"array","prefixItems":[{"type":"string"}],"items":{"type":"null"}}"#, yes: [#"["a",null,null]"#], no: ["[null]"]),
        Case(
            "z.tuple for draft 7",
            #"{"$schema":"http://json-schema.org/draft-07/schema#","type":"array","items":[{"type":"string"}],"additionalItems":false,"minItems":1,"maxItems":1}"#,
            yes: [#"["a"]"#], no: ["[]"]),
        Case(
            "z.record(z.string(), z.int())", #"{"type":"object","propertyNames":{"type":"string"},"additionalProperties":{"type":"integer"}}"#,
            yes: ["{}", #"{"a":1}"#], no: [#"{"a":""}"#]),
        Case(
            "z.record(z.enum)",
            #"{"type":"object","propertyNames":{"type":"string","enum":["a","b"]},"additionalProperties":{"type":"null"},"required":["a","b"]}"#,
            yes: [#"{"a":null,"b":null}"#], no: ["{}", #"{"a":null}"#]),
        Case(
            "z.partialRecord(z.enum)", #"{"type":"object","propertyNames":{"type":"string","enum":["a","b"]},"additionalProperties":{"type":"null"}}"#,
            yes: ["{}", #"{"b":null}"#], no: [#"{"c":null}"#]),
        Case(
            "z.record(z.int())", #"{"type":"object","propertyNames":{"type":"string","pattern":"^-?\\d+$"},"additionalProperties":{"type":"null"}}"#,
            yes: [#"{"-5":null}"#], no: [#"{"a":null}"#]),
        Case(
            "z.record(z.uuid())",
            #"{"type":"object","propertyNames":{"type":"string","format":"uuid","pattern":"^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})$"},"additionalProperties":{"type":"null"}}"#,
            yes: [#"{"123e4567-e89b-42d3-a456-426614174000":null}"#], no: [#"{"a":null}"#]),
        Case("z.looseRecord", #"{"type":"object","patternProperties":{"^S_":{"type":"string"}}}"#, yes: [#"{"S_a":"x"}"#], no: [#"{"S_a":1}"#]),
        Case(
            "z.object",
            #"{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"a":{"default":1,"type":"number"},"b":{"readOnly":true,"type":"string"}},"required":["a"],"additionalProperties":false}"#,
            yes: [#"{"a":1}"#], no: [#"{"b":""}"#]),
        Case(
            "z.looseObject", #"{"type":"object","properties":{"a":{"type":"null"}},"required":["a"],"additionalProperties":{}}"#, yes: [#"{"a":null,"b":[1]}"#],
            no: ["{}"]),
        Case(
            "z.object().catchall", #"{"type":"object","properties":{"a":{"type":"null"}},"required":["a"],"additionalProperties":{"type":"string"}}"#,
            yes: [#"{"a":null,"b":"x"}"#], no: [#"{"a":null,"b":1}"#]),
        Case(
            "z.intersection",
            #"{"allOf":[{"type":"object","properties":{"a":{"type":"null"}},"required":["a"],"additionalProperties":false},{"type":"object","properties":{"b":{"type":"null"}},"required":["b"],"additionalProperties":false}]}"#,
            yes: [#"{"a":null,"b":null}"#], no: [#"{"a":null}"#]),
        Case(
            "z.xor",
            #"{"oneOf":[{"type":"object","properties":{"a":{"type":"null"}},"required":["a"],"additionalProperties":false},{"type":"object","properties":{"b":{"type":"null"}},"required":["b"],"additionalProperties":false}]}"#,
            yes: [#"{"a":null}"#, #"{"b":null}"#], no: ["{}", #"{"a":null,"b":null}"#]),
        Case(
            "z.xor, as input",
            #"{"oneOf":[{"type":"object","properties":{"a":{"type":"null"}},"required":["a"]},{"type":"object","properties":{"b":{"type":"null"},"a":{"type":"null"}},"required":["b"]}]}"#,
            yes: [#"{"a":null}"#, #"{"b":null}"#], no: ["{}", #"{"b":null,"a":null}"#]),
        Case(
            "z.object().refine of either of two",
            #"{"type":"object","properties":{"a":{"type":"null"},"b":{"type":"null"},"c":{"type":"null"}},"oneOf":[{"required":["a"]},{"required":["b"]}]}"#,
            yes: [#"{"a":null,"c":null}"#, #"{"b":null}"#], no: ["{}", #"{"a":null,"b":null}"#, #"{"c":null}"#]),
        Case(
            "z.discriminatedUnion",
            #"{"oneOf":[{"type":"object","properties":{"t":{"type":"string","const":"a"}},"required":["t"],"additionalProperties":false},{"type":"object","properties":{"t":{"type":"string","const":"b"}},"required":["t"],"additionalProperties":false}]}"#,
            yes: [#"{"t":"b"}"#], no: ["{}"]),
        Case(
            "z.lazy", ##"{"type":"object","properties":{"next":{"anyOf":[{"$ref":"#"},{"type":"null"}]}},"required":["next"],"additionalProperties":false}"##,
            yes: [#"{"next":{"next":null}}"#], no: ["{}"]),
        Case(
            "z.json()",
            ##"{"$ref":"#/$defs/__schema0","$defs":{"__schema0":{"anyOf":[{"type":"string"},{"type":"number"},{"type":"boolean"},{"type":"null"},{"type":"array","items":{"$ref":"#/$defs/__schema0"}},{"type":"object","propertyNames":{"type":"string"},"additionalProperties":{"$ref":"#/$defs/__schema0"}}]}}}"##,
            yes: [#"{"a":[1,null]}"#], no: ["x"]),
        Case(
            "z.nullable, described, with metadata",
            #"{"description":"d","id":"User","title":"T","examples":["x"],"deprecated":true,"anyOf":[{"type":"string"},{"type":"null"}]}"#,
            yes: ["null", #""x""#], no: ["1"]),
        Case("z.nullable for OpenAPI 3.0", #"{"type":"string","nullable":true}"#, yes: ["null", #""x""#], no: ["1"]),
        Case("z.tuple([]) for OpenAPI 3.0", #"{"type":"array","items":{"anyOf":[]},"maxItems":0}"#, yes: ["[]"], no: ["[1]"]),
        Case(
            "z.lazy().nullable() for OpenAPI 3.0",
            ##"{"type":"object","properties":{"next":{"nullable":true,"allOf":[{"$ref":"#"}]}},"required":["next"],"additionalProperties":false}"##,
            yes: [#"{"next":{"next":null}}"#, #"{"next":null}"#], no: ["{}", #"{"next":1}"#]),
        Case("z.null for OpenAPI 3.0", #"{"type":"string","nullable":true,"enum":[null]}"#, yes: ["null"], no: [#""x""#]),
        Case("z.number().gt(1) for OpenAPI 3.0", #"{"type":"number","minimum":1,"exclusiveMinimum":true}"#, yes: ["1.1"], no: ["1"]),
        Case(
            "z.toJSONSchema of a registry",
            ##"{"type":"object","properties":{"a":{"$ref":"https://x.org/a.json"}},"additionalProperties":false,"$defs":{"a":{"$id":"https://x.org/a.json","type":"null"}}}"##,
            yes: [#"{"a":null}"#], no: [#"{"a":1}"#]),
    ]

    @Test("each compiles, and texts fit or do not", arguments: strings + others)
    func table(_ test: Case) throws {
        let probe = ConstraintProbe()
        let constraint = OutputConstraint.jsonSchema(try JSONValue(parsing: test.schema))
        try constraint.validate()
        for text in test.yes { #expect(try probe.accepts(text, constraint), "\(text)") }
        for text in test.no { #expect(try !probe.accepts(text, constraint), "\(text)") }
    }

    @Test("strings written at random match their patterns", arguments: strings)
    func samples(_ test: Case) throws {
        // Not a property that Swift's own expressions know.
        guard !test.schema.contains("Extended_Pictographic") else { return }
        let constraint = OutputConstraint.jsonSchema(try JSONValue(parsing: test.schema))
        var generator = SplitMix(seed: 21)
        for _ in 0..<3 {
            let sample = try ConstraintProbe().sample(constraint, using: &generator, limit: 800) { $0 == 35 ? 40 : 1 }
            guard let sample else { continue }
            let schema = try JSONValue(parsing: test.schema)
            #expect(try SchemaValidator(document: schema).accepts(JSONValue(parsing: sample), schema), "\(sample)")
        }
    }
}
