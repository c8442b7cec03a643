import HostCore
import Support
import TestDevices
import Testing

@testable import RWKVModels

@Suite("Greedy texts of every generation")
struct GreedyTests {
    @Test(
        "fp32 writes the package's, whatever the chunks of the prompt, side by side and alone",
        arguments: FixtureModel.generations + [.deep, .tinyLegacy, .tinyHF, .tinyHFSharded, .deepHF])
    func identical(fixture: FixtureModel) async throws {
        let model = try await fixture.load("cpu fp32").model
        let texts = try GreedyText.all(of: fixture.name)
        #expect(texts.count == 3 && texts.allSatisfy { $0.tokens.count == 64 })
        for chunk in [7, 64] {
            #expect(try model.write(texts, chunk: chunk) == texts.map(\.tokens), "chunks of \(chunk)")
        }
        for text in texts { #expect(try model.write([text], chunk: 1) == [text.tokens]) }
    }

    @Test("other strategies find most of its tokens likeliest", arguments: FixtureModel.generations + [.deep])
    func agreement(fixture: FixtureModel) async throws {
        let texts = try GreedyText.all(of: fixture.name)
        for (strategy, percent) in [("cpu bf16", 95), ("cpu fp16", 95), ("cpu fp32i8", 95), ("cpu fp32i4", 60)] {
            let count = try await fixture.load(strategy).model.agreement(with: texts)
            #expect(100 * count >= 192 * percent, "\(strategy): \(count) of 192")
            Attachment.record("\(fixture.name), \(strategy): \(count) of 192", named: "agreement.txt")
        }
    }
}
