import Foundation
import HostCore

/// Deltas in the words of `/v1/messages`.
///
/// - Source: Anthropic's API reference, "Streaming Messages".
struct MessagesRendering: Sendable {
    struct Event: Sendable {
        let name: String
        let value: JSONValue

        init(_ name: String, _ members: JSONObject = JSONObject()) {
            self.name = name
            value = .object(JSONObject([("type", .string(name))] + members.members.map { ($0.key, $0.value) }))
        }
    }

    private let id: String
    private let model: String
    private let promptTokens: Int
    private let clientStops: [String]
    private var blocks = AnswerBlocks()

    init(model: String, promptTokens: Int, clientStops: [String]) {
        id = "msg_\(Int(Date().timeIntervalSince1970 * 1e9))"
        (self.model, self.promptTokens, self.clientStops) = (model, promptTokens, clientStops)
    }

    /// The whole answer.
    func message(_ answer: AnswerDelta) -> JSONValue {
        message(AnswerBlocks(answer).blocks, finish: answer, usage: answer.finish?.usage)
    }

    /// Before anything has been read.
    var opening: [Event] {
        [
            Event("message_start", JSONObject([("message", message([], finish: nil, usage: nil))])),
            Event("ping"),
        ]
    }

    mutating func events(_ delta: AnswerDelta) -> [Event] {
        var events = blocks.append(delta).map { event in
            switch event {
            case .start(let index):
                block("content_block_start", index, "content_block", content(of: blocks.blocks[index], isEmpty: true))
            case .grow(let index, let text):
                block("content_block_delta", index, "delta", growth(of: blocks.blocks[index].kind, by: text))
            case .stop(let index): Event("content_block_stop", JSONObject([("index", .integer(index))]))
            }
        }
        guard let finish = delta.finish else { return events }
        let (reason, stop) = ending(delta)
        events.append(
            Event(
                "message_delta",
                JSONObject([
                    ("delta", ["stop_reason": reason, "stop_sequence": stop]), ("usage", usage(finish.usage)),
                ])))
        return events + [Event("message_stop")]
    }

    private func block(_ name: String, _ index: Int, _ member: String, _ value: JSONValue) -> Event {
        Event(name, JSONObject([("index", .integer(index)), (member, value)]))
    }

    private func message(_ blocks: [AnswerBlock], finish: AnswerDelta?, usage: Usage?) -> JSONValue {
        let (reason, stop) = finish.map(ending) ?? (.null, .null)
        return [
            "id": .string(id), "type": "message", "role": "assistant", "model": .string(model),
            "content": .array(blocks.map { content(of: $0, isEmpty: false) }), "stop_reason": reason,
            "stop_sequence": stop, "usage": self.usage(usage),
        ]
    }

    private func content(of block: AnswerBlock, isEmpty: Bool) -> JSONValue {
        let text = isEmpty ? "" : block.content
        switch block.kind {
        case .reasoning: return ["type": "thinking", "thinking": .string(text), "signature": ""]
        case .text: return ["type": "text", "text": .string(text)]
        case .call(let id, let name):
            // Arguments that were cut are given as the text that they are.
            let input: JSONValue = isEmpty ? [:] : (try? JSONValue(parsing: text)) ?? .string(text)
            return ["type": "tool_use", "id": .string(id), "name": .string(name), "input": input]
        }
    }

    private func growth(of kind: AnswerBlock.Kind, by text: String) -> JSONValue {
        switch kind {
        case .reasoning: ["type": "thinking_delta", "thinking": .string(text)]
        case .text: ["type": "text_delta", "text": .string(text)]
        case .call: ["type": "input_json_delta", "partial_json": .string(text)]
        }
    }

    private func ending(_ delta: AnswerDelta) -> (reason: JSONValue, stop: JSONValue) {
        guard let finish = delta.finish else { return (.null, .null) }
        if finish.reason == .length { return ("max_tokens", .null) }
        if delta.endsInCalls { return ("tool_use", .null) }
        guard let stop = finish.stopString, clientStops.contains(stop) else { return ("end_turn", .null) }
        return ("stop_sequence", .string(stop))
    }

    /// What came from the state cache is reported separately, as what was cached is there.
    private func usage(_ usage: Usage?) -> JSONValue {
        let read = usage?.promptTokens ?? promptTokens, cached = usage?.cachedTokens ?? 0
        return [
            "input_tokens": .integer(read - cached), "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": .integer(cached), "output_tokens": .integer(usage?.completionTokens ?? 0),
        ]
    }
}
