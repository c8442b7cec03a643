import Foundation
import HostCore
import RWKVModels
import Support
import Synchronization
import TestDevices
import Testing

/// Thousands of broken files: each is refused by a typed error, or every tensor is as large as it says.
@Suite("Broken files and the shipped loaders", .enabled(if: ShippedExtensions.canCompile, "there is no swiftc, or no interface of HostCore beside the tests"))
struct ExtensionFuzzTests {
    @Test("mutated headers of rwkv.cpp's files", arguments: ["4", "7"])
    func bin(_ generation: String) async throws {
        let writer = try BinWriter(GoldenModel(generation).checkpoint)
        try await fuzz("rwkv-ggml", writer.bytes(.q5_1), rounds: 1500, headerBytes: 6000)
    }

    @Test("mutated headers of llama.cpp's files", arguments: ["rwkv6-tiny-q5_1.gguf", "rwkv7-tiny-q8_0.gguf"])
    func gguf(_ name: String) async throws {
        try await fuzz("gguf", Array(Fixture.data("formats/\(name)")), rounds: 1500, headerBytes: 24_000)
    }

    @Test("mutated texts for the n-gram loader")
    func ngram() async throws {
        try await fuzz("ngram", Array("ngram: x\n\(NGramTests.text)".utf8), rounds: 500, headerBytes: 64)
    }

    private func fuzz(_ name: String, _ file: [UInt8], rounds: Int, headerBytes: Int) async throws {
        let files = MemoryFiles(), builder = CatchingBuilder(), hosts = RWKVModelBuilder()
        let loader = try await ShippedExtensions.loader(
            name, TestRegistrar(builder: builder, tokenizers: ByteTokenizers(), files: files))
        var random = SplitMix(seed: 0x5EED)
        var accepted = 0
        for _ in 0..<rounds {
            // Others wait for this thread.
            await Task.yield()
            let mutant = Self.mutant(file, headerBytes, &random)
            files.content.withLock { $0 = mutant }
            let source = ModelSource(id: "x", path: "x", modelFolder: "")
            guard case .accepts(_, let summary, _) = loader.probe(source) else { continue }
            accepted += 1
            #expect(summary.weightBytes <= mutant.count)
            guard random.next() % 8 == 0 else { continue }
            // The vocabulary is read too, and what is wrong with it has a type.
            do {
                _ = try await loader.load(source, options: LoadOptions()) { _ in }
            } catch {
                #expect(!error.description.isEmpty)
            }
            guard let checkpoint = builder.checkpoint else { continue }
            _ = try? hosts.summary(of: checkpoint)
            for tensor in checkpoint.names {
                // Decoding grows five bits to thirty-two at most.
                guard let found = try? checkpoint.tensor(tensor) else { continue }
                #expect(found.bytes.count == found.elementCount * found.dtype.size && found.bytes.count <= 8 * mutant.count)
            }
        }
        #expect(accepted > 0 && accepted < rounds)
    }

    /// Some numbers of the header set to extremes or changed at random; every tenth file is cut as well.
    private static func mutant(_ file: [UInt8], _ headerBytes: Int, _ random: inout SplitMix) -> [UInt8] {
        var mutant = file
        for _ in 0...random.next() % 3 {
            let place = Int(random.next() % UInt64(min(headerBytes, file.count - 8)))
            switch random.next() % 4 {
            case 0: mutant[place] = UInt8(truncatingIfNeeded: random.next())
            case 1: mutant[place] ^= 1 << UInt8(random.next() % 8)
            case 2:
                let extremes: [UInt32] = [0, 1, .max, 0x7FFF_FFFF, 0x8000_0000, 0x1000_0000]
                mutant.replaceSubrange(place..<place + 4, with: extremes[Int(random.next() % 6)].littleEndianBytes)
            default:
                let extremes: [UInt64] = [0, .max, 1 << 63, .max >> 1, 1 << 40, 1 << 61]
                mutant.replaceSubrange(place..<place + 8, with: extremes[Int(random.next() % 6)].littleEndianBytes)
            }
        }
        if random.next() % 10 == 0 { mutant.removeLast(Int(random.next() % UInt64(mutant.count))) }
        return mutant
    }
}

/// One file in memory under every path.
private final class MemoryFiles: ModelFiles {
    let content = Mutex<[UInt8]>([])

    func map(_ path: String) throws(LoadError) -> any ByteRegion { DecodedBytes(content.withLock { $0 }) }

    func checkpoint(at path: String) throws(LoadError) -> any Checkpoint { throw LoadError(.notFound, path, "is not there") }
}
