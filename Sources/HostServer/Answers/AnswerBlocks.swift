import HostCore

/// A stretch of an answer that dialects with blocks show as one.
struct AnswerBlock: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case reasoning
        case text
        case call(id: String, name: String)
    }

    let kind: Kind
    /// What stands in it; of a call, its arguments.
    var content = ""
}

/// The blocks of an answer, and how each delta changes them; a whole answer is the blocks of the sum of its deltas.
struct AnswerBlocks: Sendable {
    enum Event: Sendable, Hashable {
        case start(Int)
        case grow(Int, String)
        case stop(Int)
    }

    private(set) var blocks: [AnswerBlock] = []
    private var isOpen = false

    init() {}

    init(_ answer: AnswerDelta) { _ = append(answer) }

    mutating func append(_ delta: AnswerDelta) -> [Event] {
        var events: [Event] = []
        grow(.reasoning, delta.reasoning, &events)
        grow(.text, delta.content, &events)
        for call in delta.calls {
            if let id = call.id, let name = call.name { begin(.call(id: id, name: name), &events) }
            if !call.arguments.isEmpty { add(call.arguments, &events) }
        }
        if delta.finish != nil { close(&events) }
        return events
    }

    private mutating func grow(_ kind: AnswerBlock.Kind, _ text: String, _ events: inout [Event]) {
        if text.isEmpty { return }
        if !isOpen || blocks.last?.kind != kind { begin(kind, &events) }
        add(text, &events)
    }

    private mutating func begin(_ kind: AnswerBlock.Kind, _ events: inout [Event]) {
        close(&events)
        blocks.append(AnswerBlock(kind: kind))
        isOpen = true
        events.append(.start(blocks.count - 1))
    }

    private mutating func add(_ text: String, _ events: inout [Event]) {
        blocks[blocks.count - 1].content += text
        events.append(.grow(blocks.count - 1, text))
    }

    private mutating func close(_ events: inout [Event]) {
        if isOpen { events.append(.stop(blocks.count - 1)) }
        isOpen = false
    }
}
