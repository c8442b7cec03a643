import Foundation
import HostCheckpoints
import HostCore
import Support
import TestDevices
import Testing

@testable import RWKVModels

@Suite("What a checkpoint is")
struct ModelShapeTests {
    func failure(_ checkpoint: any Checkpoint) -> LoadError? {
        #expect(throws: LoadError.self) { try RWKVModelBuilder().summary(of: checkpoint) }
    }

    @Test("sizes come from the tensors")
    func sizes() throws {
        let deep = try ModelShape(of: FixtureModel.deep.checkpoint())
        #expect(deep.generation == .v4 && deep.layerCount == 8 && deep.hiddenSize == 16 && deep.attentionSize == 16)
        #expect(deep.feedForwardSize == 40 && deep.vocabularySize == 200 && deep.headCount == 0)
        let summary = try RWKVModelBuilder().summary(of: FixtureModel.tinyBF16.checkpoint())
        #expect(summary.architecture == "RWKV-4" && summary.layerCount == 3 && summary.hiddenSize == 32)
        #expect(summary.vocabularySize == 512)
        #expect(summary.weightBytes * 2 == (try RWKVModelBuilder().summary(of: FixtureModel.tiny.checkpoint())).weightBytes)
    }

    @Test("generations are told by their tensors")
    func generations() {
        func block(_ names: [String], decay: [Int] = [4]) -> [String: [Int]] {
            var shapes = Dictionary(uniqueKeysWithValues: names.map { ("att.\($0)", [4]) })
            if names.contains("time_decay") { shapes["att.time_decay"] = decay }
            return shapes
        }
        let four = ["time_mix_k", "time_decay", "time_first", "key.weight"]
        let five = ["time_mix_k", "time_decay", "ln_x.weight"]
        #expect(RWKVVersion(firstBlock: block(four)) == .v4)
        #expect(RWKVVersion(firstBlock: block(five + ["time_first"])) == .v5_0)
        #expect(RWKVVersion(firstBlock: block(five + ["time_faaaa", "gate.weight"])) == .v5_1)
        #expect(RWKVVersion(firstBlock: block(five + ["time_faaaa", "gate.weight"], decay: [4, 1])) == .v5_1)
        #expect(RWKVVersion(firstBlock: block(five + ["time_faaaa", "gate.weight"], decay: [4, 8])) == .v5_2)
        #expect(RWKVVersion(firstBlock: block(["time_maa_x", "ln_x.weight", "gate.weight", "time_faaaa"])) == .v6)
        #expect(RWKVVersion(firstBlock: block(["r_k", "ln_x.weight"])) == .v7)
        var deepEmbed = block(["r_k"])
        deepEmbed["ffn.s_emb.weight"] = [4, 1024]
        #expect(RWKVVersion(firstBlock: deepEmbed) == .v7DeepEmbed)
        #expect(RWKVVersion(firstBlock: block(four + ["r_k"])) == nil)
        #expect(RWKVVersion(firstBlock: block(five + ["time_maa_x"])) == nil)
        #expect(RWKVVersion(firstBlock: [:]) == nil)
    }

    @Test("every generation's sizes come from its tensors", arguments: FixtureModel.generations)
    func sizesOfGenerations(fixture: FixtureModel) throws {
        let shape = try ModelShape(of: fixture.checkpoint())
        let json = try JSONValue(parsing: Array(Fixture.data("models/\(fixture.rawValue.prefix { $0 != "/" })/golden.json")))
        #expect(shape.headCount == json["n_head"]?.intValue ?? 0)
        #expect(shape.headSize == json["head_size"]?.intValue ?? 0)
        #expect(shape.feedForwardSize == json["n_ffn"]?.intValue)
        let version = json["version"]?.doubleValue ?? 4
        #expect(shape.generation.rawValue.hasPrefix(version == version.rounded() && version != 5 ? "\(Int(version))" : "\(version)"))
    }

    @Test("an embedding of an impossible shape is refused by its shape", arguments: [[0, 1 << 61], [0], []])
    func impossibleEmbedding(shape: [Int]) {
        var checkpoint = MemoryCheckpoint()
        checkpoint.remove("blocks.0.ffn.key.weight")
        checkpoint.set("emb.weight", shape)
        let failure = failure(checkpoint)
        #expect(failure?.subject == "emb.weight" && failure?.description.contains("\(shape)") == true)
    }

    @Test("whatever is missing, left over or of a wrong shape is listed")
    func listed() {
        var checkpoint = MemoryCheckpoint()
        checkpoint.remove("blocks.1.ffn.receptance.weight")
        checkpoint.remove("ln_out.bias")
        #expect(failure(checkpoint)?.kind == .missingTensor)
        checkpoint.set("blocks.0.ffn.value.weight", [64, 16])
        checkpoint.set("blocks.1.att.time_first", [16, 1])
        checkpoint.set("blocks.1.att.time_decay", [17])
        checkpoint.set("blocks.0.att.extra", [1])
        checkpoint.set("blocks.1.ln1.bias", [16], as: .int32)
        let error = failure(checkpoint)
        #expect(error?.kind == .mismatch)
        for part in [
            "blocks.1.ffn.receptance.weight", "ln_out.bias", "blocks.0.ffn.value.weight is [64, 16], expected [16, 64]",
            "blocks.1.att.time_decay is [17], expected [16]", "left over: blocks.0.att.extra", "blocks.1.ln1.bias holds int32",
        ] {
            #expect(error?.description.contains(part) == true, "\(part)")
        }
        #expect(error?.description.contains("time_first") == false)
    }

    @Test("gaps and absurd block numbers are refused at once")
    func gaps() {
        var gap = MemoryCheckpoint(layers: 3)
        gap.tensors.removeAll { $0.name.hasPrefix("blocks.1.") }
        #expect(failure(gap)?.kind == .missingTensor)
        #expect(failure(gap)?.subject == "blocks.1")
        var absurd = MemoryCheckpoint()
        absurd.set("blocks.9223372036854775807.ln1.weight", [16])
        #expect(failure(absurd)?.description.contains("9223372036854775807") == true)
        var negative = MemoryCheckpoint()
        negative.set("blocks.-1.ln1.weight", [16])
        #expect(failure(negative)?.kind == .mismatch)
    }

    @Test("tensors of something else are no RWKV model")
    func foreign() {
        let other = MemoryCheckpoint([FixtureTensor("model.layers.0.q_proj.weight", [2, 2], [1, 2, 3, 4])])
        #expect(failure(other)?.kind == .unrecognised)
        #expect(failure(other)?.description.contains("model.layers.0.q_proj.weight") == true)
        #expect(failure(MemoryCheckpoint([]))?.kind == .unrecognised)
        let onlyEmbedding = MemoryCheckpoint([FixtureTensor("emb.weight", [2, 2], [1, 2, 3, 4])])
        #expect(failure(onlyEmbedding)?.kind == .unrecognised)
        var flat = MemoryCheckpoint()
        flat.set("emb.weight", [4])
        #expect(failure(flat)?.kind == .mismatch)
        var empty = MemoryCheckpoint()
        empty.set("emb.weight", [0, 16])
        #expect(failure(empty)?.kind == .mismatch)
    }

    @Test("a file that the package converted for one strategy is named as that")
    func converted() throws {
        let path = Fixture.path("models/rwkv4-deep/rwkv4-deep-converted-cpu-fp32i8.pth")
        let error = #expect(throws: LoadError.self) {
            try RWKVModelBuilder().summary(of: CheckpointReader.open(path: path))
        }
        #expect(error?.description.contains("converted this file for one strategy") == true)
    }
}
