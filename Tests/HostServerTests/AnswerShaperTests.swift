import HostCore
import HostTemplates
import Testing

@testable import HostServer

@Suite("Answers, token by token")
struct AnswerShaperTests {
    /// A token for each byte of the first text; the second is what of it came out with it.
    private static func deltas(
        _ steps: [(written: String, released: String)], shape: AnswerShape = AnswerShape(), stop: String? = nil, last: String = ""
    ) async -> [[TokenID]] {
        var shaper = AnswerShaper(shape, tokenizer: ByteTokenizer())
        var deltas: [[TokenID]] = []
        for (written, released) in steps {
            let token = TokenID(written.utf8.first ?? 0) + 1
            let report = TokenReport(token: token, text: released, logprobs: TokenLogprobs(token: token, logprob: -1, alternatives: []))
            if let delta = shaper.append(report, holds: false) { deltas.append(delta.logprobs.map { $0.token - 1 }) }
        }
        let finish = FinishReport(reason: .stop, stopString: stop, text: last, usage: Usage(promptTokens: 1, completionTokens: steps.count))
        return deltas + [await shaper.finish(finish, modify: nil).logprobs.map { $0.token - 1 }]
    }

    @Test("each token has one entry, also where several come out together after a stop string that did not come")
    func heldBack() async {
        let deltas = await Self.deltas([("a", "a"), ("x", ""), ("y", ""), ("b", "xyb")], stop: nil)
        #expect(deltas == [[97], [120, 121, 98], []])
    }

    @Test("of tokens that are held those come out whose text does; the rest belongs to the stop string")
    func partly() async {
        #expect(await Self.deltas([("x", ""), ("x", "x"), ("y", "")], stop: "xy") == [[120], []])
        #expect(await Self.deltas([("x", ""), ("x", "x"), ("z", "")], last: "xz") == [[120], [120, 122]])
    }

    @Test("tokens of white space that is cut come with the first word")
    func leadingSpace() async {
        let shape = AnswerShape(beginning: AnswerBeginning(stripsLeadingSpace: true))
        #expect(await Self.deltas([(" ", " "), ("\n", "\n"), ("a", "a"), ("b", "b")], shape: shape) == [[32, 10, 97], [98], []])
    }
}
