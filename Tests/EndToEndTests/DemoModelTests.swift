import Foundation
import HostCheckpoints
import HostCore
import RWKVLoaderPTH
import RWKVModels
import Support
import TestDevices
import Testing

@testable import RWKVLoaderHF

/// The model that comes with the project, by the paths that a new user takes.
@Suite("The demo model")
struct DemoModelTests {
    static let folder = Fixture.root.appending(path: "models/demo").path(percentEncoded: false)

    static func logits(_ loaded: LoadedModel, _ text: String) throws -> [Float] {
        let tokens = loaded.tokenizer.encode(text, parsesSpecialTokens: true)
        var rows = [BatchEntry(tokens: tokens, state: loaded.model.makeState(), output: .lastLogits)]
        try loaded.model.forward(&rows)
        return rows[0].logits
    }

    /// The folder's weights under the names of the original files, as a `.pth` beside the same tokenizer.
    ///
    /// Written in fp32: the loader of 16-bit `.pth` files rounds the normalised embedding, as the original package does.
    static func writePTH(to folder: TemporaryFolder) throws -> String {
        let weights = try CheckpointReader.openWeights(path: Self.folder)
        var tensors: [FixtureTensor] = []
        for name in weights.names {
            let tensor = try weights.tensor(name)
            #expect(tensor.dtype == .bfloat16)
            let bytes = tensor.bytes.allBytes
            var widened: [UInt8] = []
            for place in stride(from: 0, to: bytes.count, by: 2) { widened += [0, 0, bytes[place], bytes[place + 1]] }
            tensors.append(
                FixtureTensor(CanonicalNames.origins(of: name)[0].0, .float32, tensor.shape, bytes: widened))
        }
        try folder.write("tokenizer.json", Data(contentsOf: URL(filePath: Self.folder + "/tokenizer.json")))
        return try folder.write("demo.pth", PyTorchZipWriter.bytes(tensors))
    }

    @Test("its folder and a .pth of the same weights give the same logits")
    func bothLoaders() async throws {
        let builder = RWKVModelBuilder(log: .silent)
        let temporary = try TemporaryFolder()
        let pth = try Self.writePTH(to: temporary)
        let fromFolder = try await HFLoader(builder: builder).load(
            ModelSource(id: "demo", path: Self.folder, modelFolder: Self.folder), options: LoadOptions()
        ) { _ in }
        let fromFile = try await PTHLoader(builder: builder).load(
            ModelSource(id: "demo.pth", path: pth, modelFolder: temporary.path), options: LoadOptions()
        ) { _ in }
        for text in ["Once upon a time", "User: How do I add my own model?\n\nAssistant:"] {
            let (one, other) = (try Self.logits(fromFolder, text), try Self.logits(fromFile, text))
            #expect(zip(one, other).allSatisfy { abs($0 - $1) <= 1e-4 })
        }
    }

    @Test("it is small, in bf16, and has a chat template")
    func contents() throws {
        let file = Self.folder + "/model.safetensors"
        let size = try #require(FileManager.default.attributesOfItem(atPath: file)[.size] as? Int)
        #expect(size <= 8_000_000)
        #expect(try ChatTemplateFile(folder: Self.folder).template?.contains("Assistant:") == true)
    }

    @Test("it tells a story at once")
    func story() async throws {
        let outcome = try await Program.run(
            [
                "generate", "--model-dir", Fixture.root.appending(path: "models").path(percentEncoded: false),
                "--prompt", "Once upon a time", "--seed", "1",
            ])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.split(whereSeparator: \.isWhitespace).count > 40, "\(outcome.output)")
    }
}
