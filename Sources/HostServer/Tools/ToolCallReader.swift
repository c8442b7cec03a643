import HostCore
import HostTemplates

/// A stretch of a call, as it is written: the first one of each call has id and name.
struct ToolCallDelta: Sendable, Hashable {
    let index: Int
    var id: String?
    var name: String?
    var arguments = ""
}

/// Parts an answer, as it arrives, into what the model says and the calls it writes.
///
/// A call is a JSON object with `name` and `arguments`, or a list of such: the whole answer from its beginning, in a fenced
/// block, or between `<tool_call>` and `</tool_call>`. Text that may become a call is held back until it is known to be
/// one of a tool that exists; what is not comes out as text.
struct ToolCallReader: Sendable {
    private enum Part {
        /// Nothing but white space has come.
        case beginning
        case text
        /// What was held back may be the beginning of a call.
        case opening
        case call
        /// After one: white space, a comma, the end of the block.
        case gap
    }

    private static let openers = ["```json", "```", "<tool_call>", "**Tool Call:**"].map { Array($0.unicodeScalars) }
    private static let closers = ["```", "</tool_call>", "]"].map { Array($0.unicodeScalars) }

    private let names: Set<String>
    private let allowsSeveral: Bool
    private let makeID: @Sendable () -> String
    private var part = Part.beginning
    /// The present call.
    private var call = ToolCallObject()
    /// Text that is not out yet, and as much of it as an opener or closer that it may become.
    private var held = "", word: [Unicode.Scalar] = []
    private var count = 0
    /// Whether the present call has been announced.
    private var isReported = false
    /// Whether the answer is complete: a call has ended, and what follows it belongs to nothing.
    private(set) var isDone = false

    var hasCalls: Bool { count > 0 || isReported }

    init(_ tools: ToolSet, makeID: @escaping @Sendable () -> String = ToolCallReader.randomID) {
        names = Set(tools.tools.map(\.name))
        allowsSeveral = tools.allowsSeveral
        self.makeID = makeID
    }

    /// `call_` and 24 letters or digits, as OpenAI's are.
    static let randomID: @Sendable () -> String = {
        let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789")
        return "call_" + String((0..<24).map { _ in letters[Int.random(in: 0..<letters.count)] })
    }

    mutating func append(_ piece: String) -> (text: String, calls: [ToolCallDelta]) {
        var text = "", calls: [ToolCallDelta] = []
        for scalar in piece.unicodeScalars where !isDone { read(scalar, &text, &calls) }
        return (text, calls)
    }

    /// What was held back, when the answer ends; what follows a call belongs to nothing.
    mutating func flush() -> String { isDone || hasCalls ? "" : takeHeld() + call.raw }

    private mutating func read(_ scalar: Unicode.Scalar, _ text: inout String, _ calls: inout [ToolCallDelta]) {
        switch part {
        case .beginning where isSpace(scalar): held.unicodeScalars.append(scalar)
        case .beginning where scalar == "{" || scalar == "[": open(scalar)
        case .beginning, .text:
            if Self.openers.contains(where: { $0[0] == scalar }) {
                (part, word) = (.opening, [])
                readOpener(scalar, &text, &calls)
            } else {
                text += takeHeld()
                text.unicodeScalars.append(scalar)
                part = .text
            }
        case .opening: readOpener(scalar, &text, &calls)
        case .call:
            let progress = call.append(scalar)
            if let name = call.name, !names.contains(name) { return giveUp(&text) }
            switch progress {
            case .reading: if call.isDecided { report(&calls) }
            case .notACall: giveUp(&text)
            case .finished:
                report(&calls)
                count += 1
                (part, call, word, isReported) = (.gap, ToolCallObject(), [], false)
                if !allowsSeveral { isDone = true }
            }
        case .gap: readGap(scalar)
        }
    }

    /// After what opens a block come white space and the call itself.
    private mutating func readOpener(_ scalar: Unicode.Scalar, _ text: inout String, _ calls: inout [ToolCallDelta]) {
        let isWhole = Self.openers.contains(word)
        if isWhole, scalar == "{" || scalar == "[" { return open(scalar) }
        let longer = word + [scalar]
        if Self.openers.contains(where: { $0.starts(with: longer) }) {
            word = longer
            held.unicodeScalars.append(scalar)
        } else if isWhole, isSpace(scalar) {
            held.unicodeScalars.append(scalar)
        } else if isWhole, scalar == "`" || scalar == "<" {
            // A block within the announcement of one.
            word = [scalar]
            held.unicodeScalars.append(scalar)
        } else {
            text += takeHeld()
            (part, word) = (.text, [])
            // It may begin another one.
            read(scalar, &text, &calls)
        }
    }

    private mutating func open(_ scalar: Unicode.Scalar) {
        (part, call, isReported) = (.call, ToolCallObject(), false)
        if scalar == "[" { held.unicodeScalars.append(scalar) } else { _ = call.append(scalar) }
    }

    /// What looked like a call is not one: text, or the end of an answer that has called already.
    private mutating func giveUp(_ text: inout String) {
        if isReported || count > 0 {
            isDone = true
        } else {
            text += takeHeld() + call.raw
            part = .text
        }
        call = ToolCallObject()
    }

    private mutating func readGap(_ scalar: Unicode.Scalar) {
        if word.isEmpty, isSpace(scalar) || scalar == "," { return }
        if word.isEmpty, scalar == "{" || scalar == "[" { return open(scalar) }
        word.append(scalar)
        let known = Self.closers + Self.openers
        if Self.closers.contains(word) && !Self.openers.contains(where: { $0.count > word.count && $0.starts(with: word) })
            || Self.openers.contains(word) && word.last != "`"
        {
            word = []
        } else if word.count > 3, word.prefix(3).allSatisfy({ $0 == "`" }), isSpace(scalar) || scalar == "{" {
            word = []
            if scalar == "{" { open(scalar) }
        } else if !known.contains(where: { $0.starts(with: word) }) {
            isDone = true
        }
    }

    /// Reports the present call, and what its arguments have grown by.
    private mutating func report(_ calls: inout [ToolCallDelta]) {
        guard let name = call.name else { return }
        let arguments = call.takeArguments()
        if !isReported {
            calls.append(ToolCallDelta(index: count, id: makeID(), name: name))
            (isReported, held) = (true, "")
        } else if calls.last?.index != count {
            if arguments.isEmpty { return }
            calls.append(ToolCallDelta(index: count))
        }
        calls[calls.count - 1].arguments += arguments
        call.dropRaw()
    }

    private mutating func takeHeld() -> String {
        defer { held = "" }
        return held
    }

    private func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace }
}
