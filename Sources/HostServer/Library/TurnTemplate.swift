import HostCore

/// An instruction template in the form of 2023: who speaks, and one turn of each with marks where names and messages go.
///
/// - Source: text-generation-webui, `characters/instruction-following/*.yaml`.
struct TurnTemplate: Sendable, Hashable {
    var user = ""
    var bot = ""
    var turns = ""
    /// What stands first.
    var context = ""

    /// Nil where a file has none of its keys.
    init?(_ object: JSONObject) {
        func text(_ names: String...) -> String? { names.lazy.compactMap { object[$0]?.stringValue }.first }
        let user = text("user", "your_name", "<|user|>"), bot = text("bot", "name", "<|bot|>"), turns = text("turn_template")
        guard user != nil || bot != nil || turns != nil else { return nil }
        self.init(user: user ?? "", bot: bot ?? "", turns: turns ?? "", context: text("context") ?? "")
    }

    init(user: String, bot: String, turns: String, context: String = "") {
        (self.user, self.bot, self.turns, self.context) = (user, bot, turns, context)
    }

    /// The same as a program in Jinja, which is what prompts are made of.
    ///
    /// A system message takes the place of the context, or goes where the context has `<|system-message|>`.
    var jinja: String {
        let turns = lines(self.turns.isEmpty ? "<|user|>\n<|user-message|>\n<|bot|>\n<|bot-message|>\n" : self.turns)
        let middle = turns.range(of: "<|bot|>")?.lowerBound ?? turns.range(of: "<|bot-message|>")?.lowerBound ?? turns.endIndex
        let userTurn = String(turns[..<middle]), botTurn = String(turns[middle...])
        let opening = botTurn.range(of: "<|bot-message|>").map { String(botTurn[..<$0.lowerBound]) } ?? botTurn
        return "{%- set ns = namespace(round=0, found=false) -%}"
            + "{%- for m in messages if m['role'] == 'system' -%}{%- set ns.found = true -%}{%- endfor -%}"
            + "{%- if not ns.found -%}{{ \(contextParts().joined(separator: " + ")) }}{%- endif -%}"
            + "{%- for m in messages -%}{%- if m['role'] == 'system' -%}{{ \(systemParts().joined(separator: " + ")) }}"
            + "{%- elif m['role'] == 'assistant' -%}{{ \(expression(botTurn)) }}"
            + "{%- else -%}{%- set ns.round = ns.round + 1 -%}{{ \(expression(userTurn)) }}{%- endif -%}{%- endfor -%}"
            + "{%- if add_generation_prompt -%}{{ (\(expression(opening))).rstrip(' ') }}{%- endif -%}"
    }

    /// What stands first without a system message; nothing where the context is only there to hold one.
    private func contextParts() -> [String] {
        [context.contains("<|system-message|>") ? "''" : literal(lines(context))]
    }

    private func systemParts() -> [String] {
        let context = lines(context)
        if let mark = context.range(of: "<|system-message|>") {
            return [literal(String(context[..<mark.lowerBound])), "m['content']", literal(String(context[mark.upperBound...]))]
        }
        let end = context.reversed().prefix { $0.isWhitespace }.reversed()
        return ["m['content']", literal(end.isEmpty ? "\n" : String(end))]
    }

    /// A part of a turn as a sum of texts; of a message's own words only `m['content']` is left.
    private func expression(_ part: String) -> String {
        let marks: [(String, String)] = [
            ("<|user|>", name(user)), ("<|bot|>", name(bot)), ("<|user-message|>", "m['content'].strip()"),
            ("<|bot-message|>", "m['content'].strip()"), ("<|round|>", "ns.round|string"),
        ]
        var terms: [String] = []
        var rest = part[...]
        while !rest.isEmpty {
            let next = marks.compactMap { mark in rest.range(of: mark.0).map { ($0, mark) } }
                .min { $0.0.lowerBound < $1.0.lowerBound }
            guard let (range, mark) = next else {
                terms.append(literal(String(rest)))
                break
            }
            if range.lowerBound > rest.startIndex { terms.append(literal(String(rest[..<range.lowerBound]))) }
            terms.append(mark.1)
            rest = rest[range.upperBound...]
        }
        return terms.isEmpty ? "''" : terms.joined(separator: " + ")
    }

    /// Who speaks; the name may hold the number of the round.
    private func name(_ text: String) -> String {
        let parts = lines(text).split(separator: "<|round|>", omittingEmptySubsequences: false).map { literal(String($0)) }
        return parts.joined(separator: " + ns.round|string + ")
    }

    /// In these files line ends may be written as `\n`.
    private func lines(_ text: String) -> String { text.replacing("\\n", with: "\n") }

    private func literal(_ text: String) -> String {
        var literal = "'"
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": literal += "\\\\"
            case "'": literal += "\\'"
            case "\n": literal += "\\n"
            case "\r": literal += "\\r"
            case "\t": literal += "\\t"
            // What would end the expression in the middle of a literal.
            case "{": literal += "\\u007b"
            case "}": literal += "\\u007d"
            case "%": literal += "\\u0025"
            default: literal.unicodeScalars.append(scalar)
            }
        }
        return literal + "'"
    }
}

extension StringProtocol {
    fileprivate func range(of text: String) -> Range<String.Index>? { firstRange(of: text) }
}
