import HostCore

/// A text to write with drafts and without.
struct DraftScript {
    let name: String
    private let prompt: String, answer: String
    private let form: OutputConstraint?
    /// Whether it means something to a tokenizer of real text only.
    var needsText: Bool { form != nil }

    /// The tokens of prompt and answer.
    func tokens(_ tokenizer: any Tokenizer) -> [TokenID] {
        [prompt, answer].flatMap { tokenizer.encode($0, parsesSpecialTokens: false) }
    }

    /// Tokens of an answer at most; a measurement then takes seconds.
    private static let longest = 384

    func request(_ tokenizer: any Tokenizer, atMost count: Int = Self.longest) -> GenerationRequest {
        let answer = Array(tokenizer.encode(answer, parsesSpecialTokens: false).prefix(count))
        var request = GenerationRequest(prompt: .tokens(tokenizer.encode(prompt, parsesSpecialTokens: false)))
        request.sampling.temperature = 0
        request.sampling.constraint = form
        request.maxTokens = answer.count
        request.makeProcessors = { [Dictation(tokens: answer)] }
        return request
    }

    /// Has each token of a text win.
    private struct Dictation: LogitsProcessor {
        let tokens: [TokenID]
        private var position = 0

        init(tokens: [TokenID]) { self.tokens = tokens }

        mutating func process(_ logits: inout [Float]) {
            if position < tokens.count { logits[tokens[position]] += 10_000 }
        }

        mutating func tokenChosen(_ token: TokenID) { position += 1 }
    }

    static let all = [edit, report, prose]

    /// A file of 200 lines, and the beginning of the same with every 10th line changed.
    private static var edit: DraftScript {
        let verbs = ["load", "store", "merge", "split", "count", "trim", "sort", "find", "copy", "drop", "scale", "shift", "close"]
        let nouns = ["record", "buffer", "table", "window", "index", "page", "queue", "header", "token", "layer", "frame"]
        let lines = (0..<200).map { line in
            let verb = verbs[line * 7 % verbs.count], noun = nouns[line * 5 % nouns.count]
            return switch line % 5 {
            case 0: "func \(verb)_\(noun)(_ \(noun): Int, at place: Int) -> Int {"
            case 1: "    let \(noun) = \(verb)(place + \(line * 37 % 101), from: \(nouns[line * 3 % nouns.count]))"
            case 2: "    guard \(noun) > \(line * 13 % 59) else { return \(verb)_\(line) }"
            case 3: "    return \(noun) * \(line * 29 % 83) // \(verb) the \(nouns[line % nouns.count])"
            default: "}"
            }
        }
        let changed = lines.enumerated().map { $0.offset % 10 == 4 ? "    let result = check(\($0.offset))" : $0.element }
        return DraftScript(
            name: "an edit of 200 lines", prompt: lines.joined(separator: "\n") + "\n\nThe same with the checks:\n\n",
            answer: changed.joined(separator: "\n"), form: nil)
    }

    /// An answer that a JSON Schema asks for.
    private static var report: DraftScript {
        func object(_ properties: [(String, JSONValue)]) -> JSONValue {
            [
                "type": "object", "properties": .object(JSONObject(properties)), "additionalProperties": false,
                "required": .array(properties.map { .string($0.0) }),
            ]
        }
        let text: JSONValue = ["type": "string"], number: JSONValue = ["type": "integer"]
        let schema = object([
            ("customer_name", text), ("customer_number", number),
            (
                "shipping_address",
                object([
                    ("street_and_number", text), ("postal_code", text), ("city", text), ("country", text),
                ])
            ),
            ("express_delivery", ["type": "boolean"]), ("payment_method", ["enum": ["invoice", "credit card", "prepayment"]]),
            ("total_amount_in_cents", number), ("special_instructions", text),
        ])
        let answer =
            #"{"customer_name": "Ada Quist", "customer_number": 40721, "shipping_address": {"street_and_number": "#
            + #""Mill Lane 8", "postal_code": "4051", "city": "Basel", "country": "Switzerland"}, "express_delivery": true, "#
            + #""payment_method": "credit card", "total_amount_in_cents": 12990, "special_instructions": "ring twice"}"#
        return DraftScript(
            name: "a JSON Schema answer", prompt: "Order: Ada Quist wants it sent at once.\n", answer: answer,
            form: .jsonSchema(schema))
    }

    /// Plain text that says nothing twice.
    static var prose: DraftScript {
        DraftScript(
            name: "text without repeats", prompt: "A short description of an old harbour town in winter.\n\n",
            answer: """
                Fog hangs low over black water while gulls argue about scraps behind closed fish stalls. Nobody paints \
                boats before April; ropes stiffen overnight, lamps burn until noon, and every second chimney smells of \
                peat. Across from our bakery an ancient crane rusts quietly, its hook pointing at clouds as if it still \
                expected cargo. Children slide down Chapel Hill using trays borrowed without permission. By evening \
                wind turns east, shutters rattle, someone practises trumpet badly, yet windows glow amber between \
                snowflakes. My grandmother used to claim that such nights taste like iron. She kept tide tables pinned \
                beside saints, trusting both equally, and counted ships aloud whenever sleep refused to visit her \
                narrow room above Customs Street.
                """, form: nil)
    }
}
