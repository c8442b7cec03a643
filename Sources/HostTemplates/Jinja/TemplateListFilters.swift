/// Filters that go through lists.
extension TemplateInterpreter {
    mutating func listFilter(
        _ name: String, _ value: TemplateValue, _ arguments: TemplateCallArguments, at position: TemplatePosition
    ) throws(TemplateError) -> TemplateValue {
        switch name {
        case "list": return try makeList(try elements(of: value, at: position), at: position)
        case "first", "last":
            let items = try elements(of: value, at: position)
            return (name == "first" ? items.first : items.last) ?? .undefined("the \(name) element of nothing")
        case "join": return try join(value, arguments, at: position)
        case "reverse":
            if case .string(let text) = value { return .string(TemplateText.string(text.unicodeScalars.reversed())) }
            return try makeList(try elements(of: value, at: position).reversed(), at: position)
        case "select", "reject", "selectattr", "rejectattr": return try select(name, value, arguments, at: position)
        case "map": return try map(value, arguments, at: position)
        case "sort": return try sort(value, arguments, at: position)
        case "unique": return try unique(value, at: position)
        case "dictsort":
            guard case .dictionary(let dictionary) = value else {
                throw TemplateError(.value, "dictsort of \(value.kind)", at: position)
            }
            try charge(dictionary.members.count, at: position)
            let sorted = dictionary.members.sorted {
                if case .number(let left) = $0.key, case .number(let right) = $1.key { return left < right }
                return TemplateText.lowercased($0.key.text).utf8.lexicographicallyPrecedes(TemplateText.lowercased($1.key.text).utf8)
            }
            var pairs: [TemplateValue] = []
            for (key, value) in sorted {
                pairs.append(try makeList([key.value, value], isTuple: true, at: position))
            }
            return try makeList(pairs, at: position)
        case "sum", "min", "max": return try fold(name, value, arguments, at: position)
        case "batch": return try batches(value, arguments, at: position)
        case "groupby": return try groups(value, arguments, at: position)
        case "random":
            throw TemplateError(
                .unsupported, "the filter 'random' is not offered: one conversation makes one prompt", at: position)
        default: throw TemplateError(.unsupported, "the filter '\(name)' is not offered", at: position)
        }
    }

    /// A member named by a path such as `function.name`, or by a number.
    private mutating func member(
        _ path: TemplateValue, of value: TemplateValue, at position: TemplatePosition
    ) throws(TemplateError) -> TemplateValue {
        var current = value
        for part in TemplateText.split(try text(of: path, at: position), ".", limit: Int.max) {
            if let number = Int(part), case .list(let list) = current {
                current = list.items.indices.contains(number) ? list.items[number] : .undefined("element \(number)")
            } else if case .dictionary(let dictionary) = current {
                current = dictionary[part] ?? .undefined("'\(part)'")
            } else {
                current = try attribute(part, of: current, at: position)
            }
        }
        return current
    }

    private mutating func join(
        _ value: TemplateValue, _ arguments: TemplateCallArguments, at position: TemplatePosition
    ) throws(TemplateError) -> TemplateValue {
        let separator = try text(of: arguments[0, "d"] ?? .string(""), at: position)
        var parts: [String] = []
        for element in try elements(of: value, at: position) {
            let part = try arguments[1, "attribute"].map { path throws(TemplateError) in
                try member(path, of: element, at: position)
            }
            parts.append(try text(of: part ?? element, at: position))
        }
        return try joined(parts, separator: separator, at: position)
    }

    private mutating func select(
        _ name: String, _ value: TemplateValue, _ arguments: TemplateCallArguments, at position: TemplatePosition
    ) throws(TemplateError) -> TemplateValue {
        var rest = arguments
        var path: TemplateValue?
        if name.hasSuffix("attr") {
            guard !rest.positional.isEmpty else { throw argumentError(name, position) }
            path = rest.positional.removeFirst()
        }
        let testName = rest.positional.isEmpty ? nil : try requiredText(rest.positional.removeFirst(), name, position)
        var kept: [TemplateValue] = []
        // Jinja looks into nothing that is not true.
        for element in value.isTrue ? try elements(of: value, at: position) : [] {
            try charge(0, at: position)
            let subject =
                try path.map { path throws(TemplateError) in try member(path, of: element, at: position) } ?? element
            let holds =
                try testName.map { test throws(TemplateError) in
                    try self.test(test, subject, rest, at: position)
                } ?? subject.isTrue
            if holds == name.hasPrefix("select") { kept.append(element) }
        }
        return try makeList(kept, at: position)
    }

    private mutating func map(
        _ value: TemplateValue, _ arguments: TemplateCallArguments, at position: TemplatePosition
    ) throws(TemplateError) -> TemplateValue {
        var results: [TemplateValue] = []
        var rest = arguments
        let path = arguments.named.first { $0.name == "attribute" }?.value
        let fallback = arguments.named.first { $0.name == "default" }?.value
        let name =
            path == nil && !rest.positional.isEmpty
            ? try requiredText(rest.positional.removeFirst(), "map", position) : ""
        for element in value.isTrue ? try elements(of: value, at: position) : [] {
            try charge(0, at: position)
            guard let path else {
                results.append(try filter(name, element, rest, at: position))
                continue
            }
            let found = try member(path, of: element, at: position)
            if case .undefined = found, let fallback { results.append(fallback) } else { results.append(found) }
        }
        return try makeList(results, at: position)
    }

    private mutating func sort(
        _ value: TemplateValue, _ arguments: TemplateCallArguments, at position: TemplatePosition
    ) throws(TemplateError) -> TemplateValue {
        let isCaseSensitive = arguments[1, "case_sensitive"]?.isTrue ?? false
        var keyed: [(key: TemplateValue, item: TemplateValue)] = []
        for item in try elements(of: value, at: position) {
            var key =
                try arguments[2, "attribute"].map { path throws(TemplateError) in
                    try member(path, of: item, at: position)
                } ?? item
            if case .string(let text) = key, !isCaseSensitive { key = .string(TemplateText.lowercased(text)) }
            keyed.append((key, item))
        }
        // Everything comparable is checked first, so that sorting itself cannot fail.
        for (left, right) in zip(keyed, keyed.dropFirst()) { _ = try compare(left.key, "<", right.key, at: position) }
        try charge(keyed.count * 4, at: position)
        let isReversed = arguments[0, "reverse"]?.isTrue ?? false
        keyed.sort {
            isReversed ? TemplateInterpreter.precedes($1.key, $0.key) : TemplateInterpreter.precedes($0.key, $1.key)
        }
        return try makeList(keyed.map(\.item), at: position)
    }

    private static func precedes(_ left: TemplateValue, _ right: TemplateValue) -> Bool {
        if case .string(let first) = left, case .string(let second) = right {
            return first.utf8.lexicographicallyPrecedes(second.utf8)
        }
        guard let first = left.realNumber, let second = right.realNumber else { return false }
        return first < second
    }

    private mutating func unique(
        _ value: TemplateValue, at position: TemplatePosition
    ) throws(TemplateError)
        -> TemplateValue
    {
        var kept: [TemplateValue] = []
        for element in try elements(of: value, at: position) {
            var isKnown = false
            for other in kept where try areEqual(folded(other), folded(element), at: position) {
                isKnown = true
                break
            }
            if !isKnown { kept.append(element) }
        }
        return try makeList(kept, at: position)
    }

    /// Lists of this many elements; the last is filled up where there is something to fill it with.
    private mutating func batches(
        _ value: TemplateValue, _ arguments: TemplateCallArguments, at position: TemplatePosition
    ) throws(TemplateError) -> TemplateValue {
        guard let count = arguments[0, "linecount"]?.wholeNumber, (1...TemplateInterpreter.maximumListCount).contains(count) else {
            throw argumentError("batch", position)
        }
        var filler = arguments[1, "fill_with"]
        if case .some(.none) = filler { filler = nil }
        var batches: [TemplateValue] = []
        var rest = try elements(of: value, at: position)[...]
        while !rest.isEmpty {
            var batch = Array(rest.prefix(count))
            rest = rest.dropFirst(count)
            if let filler, batch.count < count { batch += [TemplateValue](repeating: filler, count: count - batch.count) }
            batches.append(try makeList(batch, at: position))
        }
        return try makeList(batches, at: position)
    }

    /// Tuples of a member's value and the elements that have it, ordered by that value.
    private mutating func groups(
        _ value: TemplateValue, _ arguments: TemplateCallArguments, at position: TemplatePosition
    ) throws(TemplateError) -> TemplateValue {
        guard let path = arguments[0, "attribute"] else { throw argumentError("groupby", position) }
        let isCaseSensitive = arguments[2, "case_sensitive"]?.isTrue ?? false
        var keyed: [(key: TemplateValue, order: TemplateValue, item: TemplateValue)] = []
        for item in try elements(of: value, at: position) {
            var key = try member(path, of: item, at: position)
            if case .undefined = key, let fallback = arguments[1, "default"] { key = fallback }
            keyed.append((key, isCaseSensitive ? key : folded(key), item))
        }
        for (left, right) in zip(keyed, keyed.dropFirst()) { _ = try compare(left.order, "<", right.order, at: position) }
        try charge(keyed.count * 4, at: position)
        keyed.sort { TemplateInterpreter.precedes($0.order, $1.order) }
        var groups: [(key: TemplateValue, order: TemplateValue, items: [TemplateValue])] = []
        for (key, order, item) in keyed {
            if let last = groups.last, try areEqual(last.order, order, at: position) {
                groups[groups.count - 1].items.append(item)
            } else {
                groups.append((key, order, [item]))
            }
        }
        var tuples: [TemplateValue] = []
        for (key, _, items) in groups {
            let list = try makeList(items, at: position)
            try checkContents([key, list], at: position)
            tuples.append(.list(TemplateList([key, list], isTuple: true, names: ["grouper", "list"])))
        }
        return try makeList(tuples, at: position)
    }

    private func folded(_ value: TemplateValue) -> TemplateValue {
        if case .string(let text) = value { return .string(TemplateText.lowercased(text)) }
        return value
    }

    private mutating func fold(
        _ name: String, _ value: TemplateValue, _ arguments: TemplateCallArguments, at position: TemplatePosition
    ) throws(TemplateError) -> TemplateValue {
        let items = try elements(of: value, at: position)
        if name == "sum" {
            var total = TemplateValue.integer(0)
            for item in items {
                let part = try arguments[0, "attribute"].map { path throws(TemplateError) in
                    try member(path, of: item, at: position)
                }
                total = try arithmetic(total, "+", part ?? item, at: position)
            }
            return total
        }
        guard var best = items.first else { return .undefined("the \(name) of nothing") }
        for item in items.dropFirst() where try compare(item, name == "min" ? "<" : ">", best, at: position) {
            best = item
        }
        return best
    }
}
