import HostCore
import RWKVModels
import Support
import Testing

@testable import RWKVLoaderPTH

@Suite("The initial state as an option of a load")
struct TunedStateOptionTests {
    @Test("a file that fits is every text's start; one that does not is refused", arguments: ["5.2", "6", "7"])
    func option(generation: String) async throws {
        let folder = try TemporaryFolder()
        var tiny = TinyRWKV(vocabulary: 300)
        tiny.generation = generation
        let path = try tiny.writePTH(to: folder)
        try folder.write("rwkv_vocab_v1.txt", TinyRWKV.byteVocabulary(300).utf8)
        let numbers = (0..<128).map { Float($0) / 100 }
        let state = try folder.write(
            "state.pth",
            PyTorchZipWriter.bytes((0..<2).map { FixtureTensor("blocks.\($0).att.time_state", [2, 8, 8], numbers) }))

        func load(_ state: String?) async throws -> LoadedModel {
            var options = LoadOptions()
            options.initialStatePath = state
            return try await PTHLoaderTests.loader.load(PTHLoaderTests.source(path), options: options) { _ in }
        }
        let plain = try await load(nil).model.makeState().snapshot()
        let tuned = try await load(state).model.makeState().snapshot()
        #expect(plain.values.allSatisfy { $0 == 0 })
        #expect(tuned.values.filter { $0 != 0 }.count == 2 * 127)
        let error = await #expect(throws: LoadError.self) { try await load(path) }
        #expect(error?.kind == .mismatch && error?.subject == "initial state", "\(error?.description ?? "")")
        #expect(await #expect(throws: LoadError.self) { try await load(folder.path + "/none.pth") }?.kind == .notFound)
    }
}
