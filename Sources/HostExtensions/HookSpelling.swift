import Foundation
import HostCore

/// Finds functions that were meant to be hooks. All hooks have defaults, so the compiler accepts a misspelt one, and nothing ever
/// calls it.
struct HookSpelling {
    /// Every hook with the labels of its parameters, as Swift writes them.
    static let hooks = [
        "historyModifier(_:state:)", "stateModifier(_:)", "chatInputModifier(_:state:)", "inputModifier(_:state:)",
        "botPrefixModifier(_:state:)", "customGenerateChatPrompt(_:state:)", "customGenerateReply(_:state:)",
        "tokenizerModifier(_:prompt:state:)", "logitsProcessor(for:tokenizer:)", "customTokenizedLength(_:)", "outputModifier(for:)",
    ]

    /// Names this far from a hook's are taken for it.
    private static let maximumDistance = 2

    struct Function: Equatable {
        let line: Int
        /// Such as `outputModifier(for:)`.
        let name: String
    }

    /// A warning for each function that is nearly a hook, where the hook itself is not there.
    static func warnings(_ files: [(name: String, text: String)]) -> [String] {
        let declared = files.map { (file: $0.name, functions: functions(in: $0.text)) }
        let known = Set(declared.flatMap { $0.functions.map(\.name) })
        return declared.flatMap { file, functions in
            functions.compactMap { function in
                guard !hooks.contains(function.name), let hook = hook(near: function.name), !known.contains(hook) else { return nil }
                return "\(file):\(function.line): \(function.name) is not a hook, so nothing calls it; did you mean \(hook)?"
            }
        }
    }

    private static func hook(near name: String) -> String? {
        let base = plain(name)
        let near = hooks.map { ($0, EditDistance.between(plain($0), base)) }.min { $0.1 < $1.1 }
        return near.flatMap { $0.1 <= maximumDistance ? $0.0 : nil }
    }

    /// The name alone, also where it is spelt as the web UI does: `output_modifier`.
    private static func plain(_ name: String) -> String { name.prefix { $0 != "(" }.replacing("_", with: "").lowercased() }

    /// Every function that a file declares, comments left out.
    static func functions(in text: String) -> [Function] {
        var found: [Function] = [], start = text.startIndex, line = 1
        for match in text.matches(of: /\bfunc\s+(\w+)\s*(?:<[^>(]*>)?\s*\(/) {
            let head = text[..<match.range.lowerBound]
            line += text[start..<match.range.lowerBound].count { $0 == "\n" }
            start = match.range.lowerBound
            let lineHead = head[(head.lastIndex(of: "\n").map(head.index(after:)) ?? head.startIndex)...]
            if !lineHead.contains("//") {
                found.append(Function(line: line, name: "\(match.output.1)(\(labels(text[match.range.upperBound...])))"))
            }
        }
        return found
    }

    /// The labels of a parameter list, which begins behind its parenthesis.
    private static func labels(_ text: Substring) -> String {
        var labels: [Substring] = [], depth = 0, start = text.startIndex
        func end(at place: String.Index) {
            let words = text[start..<place].split { $0.isWhitespace || $0 == ":" }
            if let label = words.first { labels.append(label) }
        }
        for place in text.indices {
            switch text[place] {
            case "(", "[", "{": depth += 1
            case ")" where depth == 0:
                end(at: place)
                return labels.map { $0 + ":" }.joined()
            case ")", "]", "}": depth -= 1
            case "," where depth == 0:
                end(at: place)
                start = text.index(after: place)
            default: break
            }
        }
        return ""
    }
}
