/// Sorts names as people do: digit runs as numbers, the rest without regard to case.
package enum NaturalOrder {
    package static func sorted(_ names: some Sequence<String>) -> [String] { sorted(Array(names)) { $0 } }

    package static func sorted<Element>(_ elements: [Element], by name: (Element) -> String) -> [Element] {
        elements.map { (element: $0, name: name($0), parts: parts(of: name($0))) }.sorted { left, right in
            for (one, other) in zip(left.parts, right.parts) where one != other { return one < other }
            return left.parts.count == right.parts.count ? left.name < right.name : left.parts.count < right.parts.count
        }.map(\.element)
    }

    private enum Part: Comparable {
        /// Without leading zeros, so that the longer one is the greater, however long.
        case number(String)
        case text(String)

        static func < (left: Part, right: Part) -> Bool {
            switch (left, right) {
            case (.number(let one), .number(let other)):
                one.utf8.count == other.utf8.count ? one < other : one.utf8.count < other.utf8.count
            case (.text(let one), .text(let other)): one < other
            case (.number, .text): true
            case (.text, .number): false
            }
        }
    }

    private static func parts(of name: String) -> [Part] {
        var parts: [Part] = []
        var rest = Substring(name)
        while let first = rest.first {
            let isNumber = isDigit(first)
            let run = rest.prefix { isDigit($0) == isNumber }
            rest = rest.dropFirst(run.count)
            parts.append(isNumber ? .number(String(run.drop { $0 == "0" })) : .text(run.lowercased()))
        }
        return parts
    }

    private static func isDigit(_ character: Character) -> Bool { ("0"..."9").contains(character) }
}
