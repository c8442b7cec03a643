import Foundation
import HostCompute
import HostCore
import Support
import Testing

@testable import RWKVModels

@Suite("int8 is the package's own scheme")
struct Int8GoldenTests {
    @Test(
        "bytes and scales of whole matrices are those that the package stores",
        arguments: ["blocks.0.att.key.weight", "blocks.1.ffn.key.weight", "blocks.1.ffn.value.weight"])
    func matrices(name: String) throws {
        let json = try JSONValue(parsing: Array(Fixture.data("models/rwkv4-tiny/golden-int8-tensors.json")))
        let golden = try #require(json["tensors"]?[name])
        func floats(_ key: String) -> [Float] {
            golden[key]?.arrayValue?.compactMap { $0.doubleValue.map { Float($0) } } ?? []
        }
        let text = try #require(golden["uint8_row_major_base64"]?.stringValue)
        let transposed = [UInt8](try #require(Data(base64Encoded: text)))

        let backend = CPUBackend(threads: 1)
        let matrix = backend.makeMatrix(try FixtureModel.tiny.checkpoint().tensor(name), as: .int8)
        let (bytes, scales) = try #require(matrix.quantised)
        // The package stores [in, out].
        let expected = (0..<matrix.rows * matrix.columns).map { index in
            transposed[index % matrix.columns * matrix.rows + index / matrix.columns]
        }
        let different = zip(bytes, expected).filter { $0 != $1 }
        #expect(different.count * 1000 <= bytes.count)
        #expect(different.allSatisfy { abs(Int($0) - Int($1)) == 1 })
        #expect(distance(scales.rowScale.values, floats("rx")) <= 1e-8)
        #expect(distance(scales.rowOffset.values, floats("mx")) <= 1e-7)
        #expect(distance(scales.columnScale.values, floats("ry")) <= 1e-8)
        #expect(distance(scales.columnOffset.values, floats("my")) <= 1e-7)
        Attachment.record("\(name): \(different.count) of \(bytes.count) bytes differ", named: "bytes.txt")
    }
}
