import HostCore
import Support
import Testing

@testable import HostGeneration

@Suite("What a draft is made of")
struct DrafterTests {
    @Test("the longest match wins, among equals the last")
    func matches() {
        let index = RepeatIndex([1, 2, 3, 4, 9, 2, 3, 5, 7, 2, 3, 6, 1, 2, 3])
        #expect(index.match() == RepeatIndex.Match(next: 3, length: 3))
        #expect(index.tokens(from: 3, count: 4) == [4, 9, 2, 3])
        #expect(RepeatIndex([9, 2, 3, 5, 8, 2, 3, 6, 7, 2, 3]).match()?.next == 7)
        #expect(RepeatIndex([1, 2, 3]).match() == nil)
        #expect(RepeatIndex([]).match() == nil && RepeatIndex([4]).match() == nil)
    }

    @Test("a text that repeats itself goes on beyond its own end")
    func cycle() throws {
        let index = RepeatIndex([7, 1, 2, 1, 2])
        let match = try #require(index.match())
        #expect(index.tokens(from: match.next, count: 5) == [1, 2, 1, 2, 1])
    }

    @Test("an index that has grown finds what one made at once finds")
    func growth() {
        var random = SplitMix(seed: 5)
        let tokens = (0..<2000).map { _ in TokenID(random.next() % 12) }
        var index = RepeatIndex()
        for (count, token) in tokens.enumerated() {
            index.append(token)
            guard count % 97 == 0 else { continue }
            let match = index.match(), fresh = RepeatIndex(Array(tokens[...count])).match()
            #expect(match == fresh)
            if let match { #expect(tokens[match.next - match.length..<match.next] == tokens[(count + 1 - match.length)...count]) }
        }
    }

    @Test("a draft is as long as it makes text come faster")
    func lengths() {
        let pace = DraftPace(room: 15, timePerToken: 0.2)
        #expect(pace.length([]) == 0)
        #expect(pace.length([0.1]) == 0)
        #expect(pace.length([0.5]) == 1)
        #expect(pace.length(Array(repeating: 1, count: 20)) == 15)
        #expect(pace.length(Array(repeating: 0.7, count: 15)) < 5)
        #expect(DraftPace(room: 0, timePerToken: 0.2).length([1, 1]) == 0)
        // Where others have their tokens of the step anyway, a guess must be worth more.
        #expect(DraftPace(room: 7, tokens: 8, time: 2.4, timePerToken: 0.2).length([0.5]) == 0)
    }

    @Test("what rows cost is learnt from steps of unlike sizes")
    func rowCost() {
        var cost = RowCost()
        for step in 0..<600 { cost.note(rows: 1 + step % 9, seconds: 0.010 + 0.002 * Double(step % 9)) }
        #expect(abs(cost.share - 0.2) < 0.01)
        let known = cost.share
        for _ in 0..<500 { cost.note(rows: 1, seconds: 0.02) }
        #expect(cost.share == known, "steps of one size say nothing")
        var fixed = RowCost(share: 0.3)
        fixed.note(rows: 1, seconds: 1)
        fixed.note(rows: 2, seconds: 9)
        #expect(fixed.share == 0.3)
    }

    @Test("confidence follows what comes")
    func confidence() {
        var confidence = Confidence.byLength
        let before = confidence.chance(at: 3)
        for _ in 0..<40 { confidence.note(true, at: 3) }
        #expect(confidence.chance(at: 3) > 0.9 && confidence.chance(at: 3) > before)
        for _ in 0..<40 { confidence.note(false, at: 3) }
        #expect(confidence.chance(at: 3) < 0.1)
    }

    @Test("a prediction that was left is found again")
    func cursor() {
        var text: [Int32] = [9, 9], cursor = PredictionCursor([1, 2, 3, 4, 5, 6, 7])
        func advance(_ token: TokenID) {
            text.append(Int32(token))
            cursor.advance(by: token, text: text)
        }
        #expect(cursor.guess(3).tokens == [1, 2, 3])
        for token in [1, 2, 8] { advance(token) }
        #expect(cursor.guess(3).tokens.isEmpty)
        for token in [4, 5] { advance(token) }
        #expect(cursor.guess(9).tokens == [6, 7])
        for token in [6, 7] { advance(token) }
        #expect(cursor.guess(9).tokens.isEmpty)
    }

    @Test("blanks that a form leaves free are as they were before")
    func blanks() {
        var style = BlankStyle()
        func choose(_ allowed: [UInt8]) -> UInt8? { style.choose(allowed) }
        let only = choose([0x22])
        #expect(only == 0x22)
        for byte in Array("{\n  \"a\":1,\n  \"b\":".utf8) { style.append(byte) }
        // After a colon nothing, as it was; after a comma a new line and two spaces.
        let value = choose([0x20, 0x31])
        #expect(value == 0x31)
        style.append(UInt8(ascii: ","))
        let line = [choose([0x0A, 0x20, 0x22]), choose([0x20, 0x22]), choose([0x20, 0x22]), choose([0x20, 0x22])]
        #expect(line == [0x0A, 0x20, 0x20, 0x22])
        let free = choose(Array("abc".utf8))
        #expect(free == nil)
    }
}
