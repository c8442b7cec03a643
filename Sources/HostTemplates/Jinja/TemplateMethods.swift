/// The methods of strings, lists and mappings that templates use.
extension TemplateInterpreter {
    private static let stringMethods: Set<String> = [
        "capitalize", "count", "encode", "endswith", "find", "format", "index", "isalnum", "isalpha", "isdigit", "islower",
        "isspace", "isupper", "join", "lower", "lstrip", "partition", "removeprefix", "removesuffix", "replace", "rfind",
        "rsplit", "rstrip", "split", "splitlines", "startswith", "strip", "title", "upper", "zfill",
    ]
    private static let mappingMethods: Set<String> = [
        "items", "keys", "values", "get", "copy", "update", "pop", "setdefault", "clear", "popitem",
    ]
    private static let listMethods: Set<String> = [
        "index", "count", "copy", "append", "extend", "insert", "pop", "remove", "sort", "reverse", "clear",
    ]

    static func hasMethod(_ name: String, _ value: TemplateValue) -> Bool {
        switch value {
        case .string: stringMethods.contains(name)
        case .dictionary: mappingMethods.contains(name)
        case .list: listMethods.contains(name)
        default: false
        }
    }

    mutating func callMethod(
        _ name: String, on owner: TemplateValue, _ arguments: TemplateCallArguments, at position: TemplatePosition
    ) throws(TemplateError) -> TemplateValue {
        switch owner {
        case .string(let text):
            try charge(textOf: text.utf8.count, at: position)
            return try callStringMethod(name, text, arguments, at: position)
        case .dictionary(let dictionary): return try callMappingMethod(name, dictionary, arguments, at: position)
        case .list(let list): return try callListMethod(name, list, arguments, at: position)
        default: throw refusal(name, owner, position)
        }
    }

    private func refusal(_ name: String, _ owner: TemplateValue, _ position: TemplatePosition) -> TemplateError {
        TemplateError(.unsupported, "the method '\(name)' of \(owner.kind) is not offered", at: position)
    }

    private mutating func callStringMethod(
        _ name: String, _ text: String, _ arguments: TemplateCallArguments, at position: TemplatePosition
    ) throws(TemplateError) -> TemplateValue {
        switch name {
        case "strip", "lstrip", "rstrip":
            let characters = try optionalText(arguments[0, "chars"], name, position)
            return .string(TemplateText.strip(text, characters, left: name != "rstrip", right: name != "lstrip"))
        case "upper": return .string(TemplateText.uppercased(text))
        case "lower": return .string(TemplateText.lowercased(text))
        case "title": return .string(TemplateText.title(text))
        case "capitalize": return .string(TemplateText.capitalized(text))
        case "split": return try split(text, arguments, at: position)
        case "splitlines": return try makeList(lines(of: text).map(TemplateValue.string), at: position)
        case "startswith", "endswith":
            let bytes = Array(text.utf8)
            for option in try options(arguments, name, position) {
                let part = Array(option.utf8)
                if name == "startswith" ? bytes.starts(with: part) : bytes.suffix(part.count).elementsEqual(part) {
                    return .bool(true)
                }
            }
            return .bool(false)
        case "removeprefix", "removesuffix":
            let part = Array(try requiredText(arguments[0, ""], name, position).utf8)
            let bytes = Array(text.utf8)
            if part.isEmpty { return .string(text) }
            if name == "removeprefix", bytes.starts(with: part) {
                return .string(String(decoding: bytes.dropFirst(part.count), as: UTF8.self))
            }
            if name == "removesuffix", bytes.suffix(part.count).elementsEqual(part) {
                return .string(String(decoding: bytes.dropLast(part.count), as: UTF8.self))
            }
            return .string(text)
        case "format": return try formatted(text, arguments, at: position)
        case "replace":
            return try replace(
                text, try requiredText(arguments[0, "old"], name, position),
                try requiredText(arguments[1, "new"], name, position),
                limit: arguments[2, "count"]?.wholeNumber, at: position)
        case "join":
            guard let list = arguments[0, "iterable"] else { throw argumentError(name, position) }
            var parts: [String] = []
            for element in try elements(of: list, at: position) {
                parts.append(try requiredText(element, name, position))
            }
            return try joined(parts, separator: text, at: position)
        case "find", "rfind", "index", "count": return try find(name, text, arguments, at: position)
        default: return .bool(try classify(text, name, at: position))
        }
    }

    /// Where a text stands in another, in code points, or how often.
    private mutating func find(
        _ name: String, _ text: String, _ arguments: TemplateCallArguments, at position: TemplatePosition
    ) throws(TemplateError) -> TemplateValue {
        let needle = Array(try requiredText(arguments[0, "sub"], name, position).utf8)
        let bytes = Array(text.utf8)
        if needle.isEmpty {
            let count = text.unicodeScalars.count
            return .integer(name == "count" ? count + 1 : name == "rfind" ? count : 0)
        }
        if name == "count" { return .integer(TemplateText.positions(of: needle, in: bytes, limit: Int.max).count) }
        var place: Int?
        if name == "rfind" {
            // Backwards, since finds may overlap.
            let found = TemplateText.positions(of: needle.reversed(), in: bytes.reversed(), limit: 1).first
            place = found.map { bytes.count - $0 - needle.count }
        } else {
            place = TemplateText.positions(of: needle, in: bytes, limit: 1).first
        }
        if place == nil, name == "index" { throw TemplateError(.value, "index() of a text that is not there", at: position) }
        return .integer(place.map { String(decoding: bytes[..<$0], as: UTF8.self).unicodeScalars.count } ?? -1)
    }

    private func classify(_ text: String, _ name: String, at position: TemplatePosition) throws(TemplateError) -> Bool {
        let scalars = text.unicodeScalars
        func isLetter(_ scalar: Unicode.Scalar) -> Bool {
            switch scalar.properties.generalCategory {
            case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
            default: false
            }
        }
        switch name {
        case "isdigit":
            return !scalars.isEmpty
                && scalars.allSatisfy { $0.properties.numericType == .decimal || $0.properties.numericType == .digit }
        case "isalpha": return !scalars.isEmpty && scalars.allSatisfy(isLetter)
        case "isalnum":
            return !scalars.isEmpty && scalars.allSatisfy { isLetter($0) || $0.properties.numericType != nil }
        case "isspace": return !scalars.isEmpty && scalars.allSatisfy(TemplateText.isSpace)
        case "isupper", "islower":
            let cased = scalars.filter(\.properties.isCased)
            return !cased.isEmpty && cased.allSatisfy { $0.properties.isUppercase == (name == "isupper") }
        default: throw refusal(name, .string(text), position)
        }
    }

    private mutating func split(
        _ text: String, _ arguments: TemplateCallArguments, at position: TemplatePosition
    ) throws(TemplateError) -> TemplateValue {
        let separator = try optionalText(arguments[0, "sep"], "split", position)
        guard separator != "" else { throw TemplateError(.value, "split() with an empty separator", at: position) }
        let count = arguments[1, "maxsplit"]?.wholeNumber ?? -1
        let parts = TemplateText.split(text, separator, limit: count < 0 ? Int.max : count)
        return try makeList(parts.map(TemplateValue.string), at: position)
    }

    private func lines(of text: String) -> [String] {
        var lines: [String] = []
        var line = String.UnicodeScalarView()
        var previous: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n" where previous == "\r": break
            case "\n", "\r", "\u{B}", "\u{C}", "\u{1C}", "\u{1D}", "\u{1E}", "\u{85}", "\u{2028}", "\u{2029}":
                lines.append(String(line))
                line = String.UnicodeScalarView()
            default: line.append(scalar)
            }
            previous = scalar
        }
        return line.isEmpty ? lines : lines + [String(line)]
    }

    /// Replaces a part wherever it stands, or only the first times.
    mutating func replace(
        _ text: String, _ old: String, _ new: String, limit: Int?, at position: TemplatePosition
    ) throws(TemplateError) -> TemplateValue {
        let most = limit.map { $0 < 0 ? Int.max : $0 } ?? Int.max
        let bytes = Array(text.utf8)
        if old.isEmpty {
            guard most == Int.max else {
                throw TemplateError(.unsupported, "replacing an empty text a few times", at: position)
            }
            try charge(textOf: bytes.count + (bytes.count + 1) * min(new.utf8.count, 1 << 32), at: position)
            return .string(new + text.unicodeScalars.map { String($0) + new }.joined())
        }
        let found = TemplateText.positions(of: Array(old.utf8), in: bytes, limit: most)
        try charge(textOf: bytes.count + found.count * min(new.utf8.count, 1 << 32), at: position)
        var result: [UInt8] = []
        var start = 0
        for place in found {
            result += bytes[start..<place]
            result += new.utf8
            start = place + old.utf8.count
        }
        return .string(String(decoding: result + bytes[start...], as: UTF8.self))
    }

    private mutating func callMappingMethod(
        _ name: String, _ dictionary: TemplateDictionary, _ arguments: TemplateCallArguments,
        at position: TemplatePosition
    ) throws(TemplateError) -> TemplateValue {
        switch name {
        case "items": return try pairs(of: dictionary, at: position)
        case "keys": return try makeList(dictionary.members.map(\.key.value), at: position)
        case "values": return try makeList(dictionary.members.map(\.value), at: position)
        case "copy": return .dictionary(dictionary)
        case "get":
            guard let key = arguments[0, "key"] else { throw argumentError(name, position) }
            if let key = TemplateKey(key), let value = dictionary[key] { return value }
            return arguments[1, "default"] ?? .none
        default: throw refusal(name, .dictionary(dictionary), position)
        }
    }

    /// Keys with their values, as tuples.
    mutating func pairs(
        of dictionary: TemplateDictionary, at position: TemplatePosition
    ) throws(TemplateError)
        -> TemplateValue
    {
        var pairs: [TemplateValue] = []
        for (key, value) in dictionary.members {
            pairs.append(try makeList([key.value, value], isTuple: true, at: position))
        }
        return try makeList(pairs, at: position)
    }

    private mutating func callListMethod(
        _ name: String, _ list: TemplateList, _ arguments: TemplateCallArguments, at position: TemplatePosition
    ) throws(TemplateError) -> TemplateValue {
        if name == "copy" { return .list(list) }
        guard name == "index" || name == "count", let item = arguments[0, "value"] else {
            throw refusal(name, .list(list), position)
        }
        var count = 0
        for (place, element) in list.items.enumerated() where try areEqual(element, item, at: position) {
            if name == "index" { return .integer(place) }
            count += 1
        }
        guard name == "count" else { throw TemplateError(.value, "the list has no such element", at: position) }
        return .integer(count)
    }

    // MARK: Arguments

    func argumentError(_ name: String, _ position: TemplatePosition) -> TemplateError {
        TemplateError(.value, "\(name)() lacks an argument, or has one of the wrong kind", at: position)
    }

    func requiredText(
        _ value: TemplateValue?, _ name: String, _ position: TemplatePosition
    ) throws(TemplateError)
        -> String
    {
        guard case .string(let text)? = value else { throw argumentError(name, position) }
        return text
    }

    func optionalText(
        _ value: TemplateValue?, _ name: String, _ position: TemplatePosition
    ) throws(TemplateError)
        -> String?
    {
        switch value {
        case nil, .some(.none): return nil
        default: return try requiredText(value, name, position)
        }
    }

    private func options(
        _ arguments: TemplateCallArguments, _ name: String, _ position: TemplatePosition
    ) throws(TemplateError) -> [String] {
        guard case .list(let list)? = arguments[0, "prefix"] else {
            return [try requiredText(arguments[0, "prefix"], name, position)]
        }
        var options: [String] = []
        for item in list.items { options.append(try requiredText(item, name, position)) }
        return options
    }
}
