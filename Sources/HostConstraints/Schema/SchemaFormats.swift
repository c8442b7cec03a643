/// What the formats of strings mean to this host.
///
/// - Source: JSON Schema 2020-12 validation, section 7.3; the names that zod 4, pydantic 2 and OpenAPI 3.1 write.
enum SchemaFormat {
    /// Regular expressions of which each matches only what the format allows, though not all of it; the first is the
    /// one that every reader takes, the others are for patterns that leave no text of it.
    case expressions([String])
    /// A JSON text between the quotes.
    case json
    /// Any string.
    case free

    /// - Returns: nil for an unknown format.
    init?(named name: String) {
        if let known = SchemaFormat.table[name] {
            self = .expressions(known)
        } else if name == "json-string" {
            self = .json
        } else if SchemaFormat.freeNames.contains(name) {
            self = .free
        } else if let digest = SchemaFormat.digest(name) {
            self = .expressions([digest])
        } else {
            return nil
        }
    }

    /// Strings without a syntax, numbers, and names that only stand beside a pattern.
    private static let freeNames: Set<String> = [
        "password", "path", "file-path", "directory-path", "binary", "byte", "color", "string", "text", "int8", "int16",
        "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float", "double", "decimal", "template", "includes",
        "starts_with", "ends_with", "textarea", "markdown", "html", "style", "phone", "iana-time-zone", "char",
    ]

    /// The digests of zod, such as `sha256_hex`.
    private static func digest(_ name: String) -> String? {
        let bytes = ["md5": 16, "sha1": 20, "sha256": 32, "sha384": 48, "sha512": 64]
        let parts = name.split(separator: "_")
        guard parts.count == 2, let count = bytes[String(parts[0])] else { return nil }
        let (full, rest) = (count / 3 * 4, count % 3)
        switch parts[1] {
        case "hex": return "[0-9a-fA-F]{\(count * 2)}"
        case "base64": return "[A-Za-z0-9+/]{\(full + (rest == 0 ? 0 : rest + 1))}" + ["", "==", "="][rest]
        case "base64url": return "[A-Za-z0-9_-]{\(full + (rest == 0 ? 0 : rest + 1))}"
        default: return nil
        }
    }

    // MARK: Pieces

    private static let day =
        #"((0[13578]|1[02])-(0[1-9]|[12]\d|3[01])|(0[469]|11)-(0[1-9]|[12]\d|30)|02-(0[1-9]|1\d|2[0-8]))"#
    private static let date = #"([1-9]\d{3}-\#(day)|(19|20)([02468][48]|[2468]0|[13579][26])-02-29|2000-02-29)"#
    private static let clock = #"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?"#
    private static let offset = #"(Z|[+-]([01]\d|2[0-3]):[0-5]\d)"#
    private static let duration: String = {
        let time = #"T(\d{1,4}H(\d{1,4}M(\d{1,4}S)?)?|\d{1,4}M(\d{1,4}S)?|\d{1,4}S)"#
        let days = #"(\d{1,4}Y(\d{1,4}M(\d{1,4}D)?)?|\d{1,4}M(\d{1,4}D)?|\d{1,4}D)"#
        return "P(\(days)(\(time))?|\(time)|\\d{1,4}W)"
    }()
    /// Without hyphens side by side, which only encoded names have.
    private static let label = "[A-Za-z0-9]{1,30}(-[A-Za-z0-9]{1,15}){0,2}"
    private static let domain = "(\(label)\\.){1,4}[A-Za-z]{2,12}"
    private static let octet = #"(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"#
    private static let ipv4 = "\(octet)(\\.\(octet)){3}"
    private static let ipv6: String = {
        let group = "[0-9a-fA-F]{1,4}"
        let shortened = (1...6).map { "(\(group):){\($0)}(:\(group)){1,\(7 - $0)}" }
        return "((\(group):){7}\(group)|\(shortened.joined(separator: "|"))|:(:\(group)){1,7}|(\(group):){1,7}:|::)"
    }()
    private static let prefix4 = #"/(3[0-2]|[12]?\d)"#
    private static let prefix6 = #"/(12[0-8]|1[01]\d|[1-9]?\d)"#
    /// Networks whose bits behind the prefix are zero.
    private static let network4 =
        "(\(ipv4)(/32)?|\(octet)\\.\(octet)\\.\(octet)\\.0/24|\(octet)\\.\(octet)\\.0\\.0/16|\(octet)\\.0\\.0\\.0/8)"
    private static let network6 =
        "(\(ipv6)(/128)?|([0-9a-fA-F]{1,4}:){4}:/64|([0-9a-fA-F]{1,4}:){3}:/48|([0-9a-fA-F]{1,4}:){2}:/32)"
    private static let atom = "[A-Za-z0-9_+-]{1,20}"
    private static let email = "\(atom)(\\.\(atom)){0,2}@\(domain)"
    private static let host = "\(label)(\\.\(label)){0,3}"
    private static let user = "[A-Za-z0-9_]{1,20}(:[A-Za-z0-9_]{1,20})?"
    private static let hostPort = "\(host):[1-9]\\d{3}"
    private static let web = "(:[1-9]\\d{0,3})?(/[A-Za-z0-9._~-]{0,40}){0,8}(\\?[A-Za-z0-9._~=&-]{0,60})?"
    private static let uri = "https?://\(domain)\(web)"
    private static let hexadecimal = "[0-9a-fA-F]"
    private static let pointer = "(/([A-Za-z0-9 ._-]|~[01]){0,40}){0,10}"

    private static func uuid(version: String) -> String {
        let hex = hexadecimal
        return "\(hex){8}-\(hex){4}-\(version)\(hex){3}-[89abAB]\(hex){3}-\(hex){12}"
    }

    // MARK: Names

    /// - Source: RFC 3339 (dates, times, durations), RFC 9562 (UUIDs), RFC 5321 (mail), RFC 1123 (hosts), RFC 4291 and
    ///   4632 (addresses), RFC 3986 (URIs), RFC 4648 (base64), RFC 7519 (tokens), RFC 6901 (pointers), E.164.
    private static let table: [String: [String]] = {
        var table = times
        table.merge(identifiers) { first, _ in first }
        table.merge(addresses) { first, _ in first }
        return table
    }()

    private static let times: [String: [String]] = [
        "date": [date],
        "time": [clock + offset, clock, #"([01]\d|2[0-3]):[0-5]\d"#],
        "date-time": ["\(date)T\(clock)\(offset)", "\(date)T\(clock)", "\(date)T([01]\\d|2[0-3]):[0-5]\\dZ?"],
        "datetime": ["\(date)T\(clock)\(offset)", "\(date)T\(clock)"],
        "local-date-time": ["\(date)T\(clock)"], "naive-date-time": ["\(date)T\(clock)"],
        "duration": [duration],
    ]

    private static let identifiers: [String: [String]] = {
        let anyUUID = "\(hexadecimal){8}(-\(hexadecimal){4}){3}-\(hexadecimal){12}"
        var table: [String: [String]] = [
            "uuid": [anyUUID], "guid": [anyUUID],
            "cuid": ["[cC][a-z0-9]{8,40}"], "cuid2": ["[a-z][0-9a-z]{1,31}"],
            "ulid": ["[0-7][0-9A-HJKMNP-TV-Z]{25}", "[0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{26}"],
            "xid": ["[0-9a-v]{20}"], "ksuid": ["[A-Za-z0-9]{27}"], "nanoid": ["[a-zA-Z0-9_-]{21}"],
            "base64": ["([0-9a-zA-Z+/]{4})*([0-9a-zA-Z+/]{2}==|[0-9a-zA-Z+/]{3}=)?"],
            "base64url": [
                "([0-9a-zA-Z_-]{4})*([0-9a-zA-Z_-]{2}==|[0-9a-zA-Z_-]{3}=)?", "([0-9a-zA-Z_-]{4})*([0-9a-zA-Z_-]{2,3})?",
            ],
            "hex": ["(\(hexadecimal){2})*", "\(hexadecimal)*"],
            // {"alg":"HS256","typ":"JWT"}, an object, a digest.
            "jwt": ["eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9\\.eyJ[A-Za-z0-9_-]{10,400}\\.[A-Za-z0-9_-]{43}"],
            "fraction": ["-?(0|[1-9]\\d{0,8})(/[1-9]\\d{0,8})?"],
            "e164": ["\\+[1-9]\\d{6,14}"],
            "emoji": ["(\\p{Emoji_Presentation}){1,8}", "(\\p{Extended_Pictographic}|\\p{Emoji_Component}){1,8}"],
            "lowercase": ["[^A-Z]*"], "uppercase": ["[^a-z]*"],
            "regex": [#"([A-Za-z0-9_ ,-]|\\[dws.]|\.|\[[a-z0-9]{1,9}\][+*?]?){1,80}"#],
            "json-pointer": [pointer], "relative-json-pointer": ["(0|[1-9]\\d{0,2})\(pointer)"],
        ]
        for version in 1...8 {
            table["uuid\(version)"] = [uuid(version: "\(version)")]
            table["uuidv\(version)"] = table["uuid\(version)"]
        }
        return table
    }()

    private static let addresses: [String: [String]] = [
        "email": [email], "idn-email": [email], "name-email": ["[A-Z][a-z]{1,20}( [A-Z][a-z]{1,20}){0,2} <\(email)>"],
        "hostname": [host], "idn-hostname": [host],
        "uri": [uri], "url": [uri], "iri": [uri], "http-url": [uri],
        "uri-reference": [uri], "iri-reference": [uri], "uri-template": [uri],
        "multi-host-uri": ["[a-z][a-z0-9]{1,15}://(\(user)@)?\(hostPort)(,\(hostPort)){0,3}/[A-Za-z0-9_]{1,40}"],
        "ipv4": [ipv4], "ipv6": [ipv6], "ip": ["(\(ipv4)|\(ipv6))"],
        "cidrv4": [ipv4 + prefix4], "cidrv6": [ipv6 + prefix6],
        "ipv4network": [network4], "ipv6network": [network6],
        "ipv4interface": ["\(ipv4)(\(prefix4))?"], "ipv6interface": ["\(ipv6)(\(prefix6))?"],
        "ipvanyaddress": ["(\(ipv4)|\(ipv6))"], "ipvanynetwork": ["(\(network4)|\(network6))"],
        "ipvanyinterface": ["(\(ipv4)(\(prefix4))?|\(ipv6)(\(prefix6))?)"],
        "mac": ["(\(hexadecimal){2}:){5}\(hexadecimal){2}", "([0-9A-F]{2}:){5}[0-9A-F]{2}", "([0-9A-F]{2}-){5}[0-9A-F]{2}"],
        "mac-address": ["(\(hexadecimal){2}:){5}\(hexadecimal){2}"],
    ]
}
