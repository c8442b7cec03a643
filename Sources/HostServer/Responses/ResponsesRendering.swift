import Foundation
import HostCore

/// Deltas in the words of `/v1/responses`.
///
/// - Source: OpenAI's API reference, "Streaming events" of Responses.
struct ResponsesRendering: Sendable {
    let id: String
    private let created: Int
    private let model: String
    private let repeated: JSONObject
    private let tokenizer: any Tokenizer
    private var sequence = 0
    private var blocks = AnswerBlocks()
    private(set) var whole = AnswerDelta()

    init(model: String, repeated: JSONObject, tokenizer: any Tokenizer) {
        let now = Date().timeIntervalSince1970
        id = "resp_" + Self.suffix()
        created = Int(now)
        (self.model, self.repeated, self.tokenizer) = (model, repeated, tokenizer)
    }

    private static func suffix() -> String {
        (0..<2).map { _ in
            let word = String(UInt64.random(in: 0...UInt64.max), radix: 16)
            return String(repeating: "0", count: 16 - word.count) + word
        }.joined()
    }

    /// The whole answer.
    func response(_ answer: AnswerDelta) -> JSONValue {
        response(AnswerBlocks(answer).blocks, status: status(answer), answer)
    }

    /// Before anything has been read.
    mutating func opening() -> [JSONValue] {
        let response = response([], status: "in_progress", AnswerDelta())
        return ["response.created", "response.in_progress"].map { event($0, [("response", response)]) }
    }

    mutating func events(_ delta: AnswerDelta) -> [JSONValue] {
        whole.append(delta)
        var events: [JSONValue] = []
        for change in blocks.append(delta) {
            switch change {
            case .start(let index): events += start(index)
            case .grow(let index, let text): events.append(growth(index, text, delta.logprobs))
            case .stop(let index): events += stop(index)
            }
        }
        if delta.finish != nil {
            let status = status(whole), name = status == "completed" ? status : "incomplete"
            events.append(event("response.\(name)", [("response", response(blocks.blocks, status: status, whole))]))
        }
        return events
    }

    // MARK: Events

    private mutating func event(_ type: String, _ members: [(String, JSONValue)]) -> JSONValue {
        defer { sequence += 1 }
        return .object(JSONObject([("type", .string(type)), ("sequence_number", .integer(sequence))] + members))
    }

    private mutating func start(_ index: Int) -> [JSONValue] {
        let block = blocks.blocks[index]
        let added = event(
            "response.output_item.added",
            [
                ("output_index", .integer(index)), ("item", item(index, block, isWhole: false, [])),
            ])
        if case .call = block.kind { return [added] }
        let part = part(block, isWhole: false, [])
        return [added, event("response.content_part.added", place(index) + [("part", part)])]
    }

    private mutating func growth(_ index: Int, _ text: String, _ scores: [TokenLogprobs]) -> JSONValue {
        switch blocks.blocks[index].kind {
        case .reasoning: event("response.reasoning_text.delta", place(index) + [("delta", .string(text))])
        case .text:
            event("response.output_text.delta", place(index) + [("delta", .string(text)), ("logprobs", logprobs(scores))])
        case .call:
            event("response.function_call_arguments.delta", itemPlace(index) + [("delta", .string(text))])
        }
    }

    private mutating func stop(_ index: Int) -> [JSONValue] {
        let block = blocks.blocks[index], text = JSONValue.string(block.content)
        var events: [JSONValue]
        switch block.kind {
        case .reasoning: events = [event("response.reasoning_text.done", place(index) + [("text", text)])]
        case .text:
            let scores = logprobs(whole.logprobs)
            events = [event("response.output_text.done", place(index) + [("text", text), ("logprobs", scores)])]
        case .call(_, let name):
            events = [
                event(
                    "response.function_call_arguments.done", itemPlace(index) + [("name", .string(name)), ("arguments", text)])
            ]
        }
        if case .call = block.kind {
        } else {
            let part = part(block, isWhole: true, whole.logprobs)
            events.append(event("response.content_part.done", place(index) + [("part", part)]))
        }
        let isCut = whole.finish.map { $0.reason != .stop } ?? false
        events.append(
            event(
                "response.output_item.done",
                [
                    ("output_index", .integer(index)), ("item", item(index, block, isWhole: true, whole.logprobs, isCut: isCut)),
                ]))
        return events
    }

    private func itemPlace(_ index: Int) -> [(String, JSONValue)] {
        [("item_id", .string(itemID(index, blocks.blocks[index].kind))), ("output_index", .integer(index))]
    }

    private func place(_ index: Int) -> [(String, JSONValue)] { itemPlace(index) + [("content_index", 0)] }

    // MARK: Objects

    private func response(_ blocks: [AnswerBlock], status: String, _ answer: AnswerDelta) -> JSONValue {
        let items = blocks.enumerated().map { index, block in
            item(index, block, isWhole: true, answer.logprobs, isCut: status != "completed" && index == blocks.count - 1)
        }
        let isCut = status == "incomplete"
        return .object(
            JSONObject(
                [
                    ("id", .string(id)), ("object", "response"), ("created_at", .integer(created)), ("status", .string(status)),
                    ("background", false), ("error", .null),
                    ("incomplete_details", isCut ? ["reason": "max_output_tokens"] : .null), ("model", .string(model)),
                    ("output", .array(items)), ("usage", usage(answer)), ("user", .null), ("service_tier", "default"),
                ] + repeated.members.map { ($0.key, $0.value) }))
    }

    private func itemID(_ index: Int, _ kind: AnswerBlock.Kind) -> String {
        let prefix =
            switch kind {
            case .reasoning: "rs"
            case .text: "msg"
            case .call: "fc"
            }
        return "\(prefix)_\(id.dropFirst(5))\(index)"
    }

    private func item(
        _ index: Int, _ block: AnswerBlock, isWhole: Bool, _ scores: [TokenLogprobs], isCut: Bool = false
    ) -> JSONValue {
        let status: JSONValue = isCut ? "incomplete" : isWhole ? "completed" : "in_progress"
        let id = JSONValue.string(itemID(index, block.kind))
        let content: JSONValue = isWhole ? [part(block, isWhole: true, scores)] : []
        switch block.kind {
        case .reasoning:
            return ["type": "reasoning", "id": id, "summary": [], "content": content, "status": status]
        case .text:
            return [
                "type": "message", "id": id, "status": status, "role": "assistant", "content": content,
            ]
        case .call(let call, let name):
            return [
                "type": "function_call", "id": id, "call_id": .string(call), "name": .string(name),
                "arguments": .string(isWhole ? block.content : ""), "status": status,
            ]
        }
    }

    private func part(_ block: AnswerBlock, isWhole: Bool, _ scores: [TokenLogprobs]) -> JSONValue {
        let text = JSONValue.string(isWhole ? block.content : "")
        if block.kind == .reasoning { return ["type": "reasoning_text", "text": text] }
        return ["type": "output_text", "text": text, "annotations": [], "logprobs": isWhole ? logprobs(scores) : []]
    }

    private func logprobs(_ scores: [TokenLogprobs]) -> JSONValue {
        .array(scores.map { $0.chatValue(tokenizer) })
    }

    private func status(_ answer: AnswerDelta) -> String {
        switch answer.finish?.reason {
        case .length: "incomplete"
        case .stop: "completed"
        case .cancelled: "cancelled"
        case nil: "in_progress"
        }
    }

    private func usage(_ answer: AnswerDelta) -> JSONValue {
        guard let usage = answer.finish?.usage else { return .null }
        let reasoning = tokenizer.encode(answer.reasoning, parsesSpecialTokens: false).count
        return [
            "input_tokens": .integer(usage.promptTokens),
            "input_tokens_details": ["cached_tokens": .integer(usage.cachedTokens)],
            "output_tokens": .integer(usage.completionTokens),
            "output_tokens_details": ["reasoning_tokens": .integer(reasoning)],
            "total_tokens": .integer(usage.promptTokens + usage.completionTokens),
        ]
    }
}
