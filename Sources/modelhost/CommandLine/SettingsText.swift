import HostCore

/// Changes single keys of a settings file in YAML as a person would, so that its comments and its order stay.
enum SettingsText {
    struct Edit {
        /// How the file has the key; none where it lacks it.
        let spellings: [String]
        /// How it is written where the file lacks it.
        let name: String
        /// Nil removes it.
        let value: JSONValue?
    }

    /// - Returns: the text with the edits made, as far as it has one key per line; the caller parses it again before writing it.
    static func edited(_ text: String, _ edits: [Edit]) -> String {
        var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
        if lines.last == "" { lines.removeLast() }
        for edit in edits {
            var isWritten = false
            for key in edit.spellings {
                guard let place = lines.firstIndex(where: { self.key(of: $0) == key }) else { continue }
                let end = lines[(place + 1)...].firstIndex { !belongsToValue($0) } ?? lines.endIndex
                var new: [String] = []
                if !isWritten, let value = edit.value {
                    new = written(key, value)
                    if new.count == 1 { new[0] += comment(of: lines[place]) }
                    isWritten = true
                }
                lines.replaceSubrange(place..<end, with: new)
            }
            if !isWritten, let value = edit.value { lines += written(edit.name, value) }
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private static func written(_ key: String, _ value: JSONValue) -> [String] {
        YAMLWriter.text(JSONObject([(key, value)])).split(whereSeparator: \.isNewline).map(String.init)
    }

    /// The key that a line without indentation begins with.
    private static func key(of line: String) -> String? {
        guard let first = line.first, !" \t#-{}[".contains(first), let colon = line.firstIndex(of: ":") else { return nil }
        return line[..<colon].trimmingSpaces.trimmingCharacters(in: ["\"", "'"])
    }

    /// Whether a line goes on with the value of the key above it.
    private static func belongsToValue(_ line: String) -> Bool {
        guard let first = line.first else { return false }
        return first == " " || first == "\t" || first == "-"
    }

    /// A comment behind a value, with the blanks before it.
    private static func comment(of line: String) -> Substring {
        guard let mark = line.firstRange(of: " #") else { return "" }
        let before = line[..<mark.lowerBound]
        // In quotes it may be no comment; then the reader of the result will see that it is not the same.
        return line[(before.lastIndex { $0 != " " }.map { line.index(after: $0) } ?? mark.lowerBound)...]
    }
}

extension String {
    fileprivate func trimmingCharacters(in marks: Set<Character>) -> String {
        var text = self[...]
        while let first = text.first, marks.contains(first) { text.removeFirst() }
        while let last = text.last, marks.contains(last) { text.removeLast() }
        return String(text)
    }
}
