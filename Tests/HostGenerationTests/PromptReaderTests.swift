import HostCore
import Support
import Testing

@testable import HostGeneration

@Suite("Prompts that begin alike")
struct PromptReaderTests {
    private func reader(
        _ count: Int, _ output: BatchEntry.Output = .lastLogits, snapshotPoints: [Int] = [], end: [TokenID] = []
    ) -> PromptReader {
        let model = ScriptedModel { _ in [] }
        return PromptReader(
            (0..<count).map { $0 % 250 } + end, output: output, state: model.makeState(), namespace: CacheNamespace(model: "m"),
            snapshotPoints: snapshotPoints, model: model,
            kept: KeptStates(StateCache(StateCache.Memory(capacity: 1 << 20), shape: StateShape(model, fingerprint: ""))),
            configuration: EngineConfiguration())
    }

    /// Where both are cut alike, what comes out is the same to the last bit as without the other.
    @Test("one waits for another only as far as both are cut in the same places")
    func sharing() {
        #expect(reader(100).sharedCount(with: reader(100)) == 100)
        #expect(reader(100).sharedCount(with: reader(100, .lastHidden)) == 0)
        #expect(reader(100).sharedCount(with: reader(150)) == 0)
        #expect(reader(100).sharedCount(with: reader(150, snapshotPoints: [100])) == 100)
        #expect(reader(200, snapshotPoints: [90]).sharedCount(with: reader(100, snapshotPoints: [90], end: [255])) == 90)
        #expect(reader(200, snapshotPoints: [40, 90]).sharedCount(with: reader(100, snapshotPoints: [90], end: [255])) == 0)
        #expect(reader(2000).sharedCount(with: reader(1100, end: [255])) == 1024)
        #expect(reader(2000, snapshotPoints: [700]).sharedCount(with: reader(1100, end: [255])) == 512)
        #expect(reader(2000).sharedCount(with: reader(400)) == 0)
    }
}
