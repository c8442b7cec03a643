// The harness of libFuzzer for everything that reads a checkpoint file.
import HostCheckpoints
import HostCore

/// The first byte of an input says what the rest is: a whole file, or one part inside a sound file around it, so that
/// checksums and magic numbers do not keep the fuzzer out.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count > 0 else { return 0 }
    let input = Array(UnsafeBufferPointer(start: start + 1, count: count - 1))
    switch start[0] % 4 {
    case 0: read(input)
    case 1:
        // As many as the pickle of a model with one block of time mixing asks for.
        let storages: [ZipWriter.Entry] = (0..<32).map {
            .init("a/data/\($0)", [UInt8](repeating: UInt8($0), count: 24))
        }
        read(ZipWriter.bytes([.init("a/data.pkl", input)] + storages, alignment: 1, zip64: false))
    case 2: read(UInt64(input.count).littleEndianBytes + input + [UInt8](repeating: 0, count: 64))
    default: read(legacyMagic + input)
    }
    return 0
}

private let legacyMagic: [UInt8] = [
    0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E,
]

private func read(_ bytes: [UInt8]) {
    do {
        let checkpoint = try CheckpointReader.open(OwnedBytes(bytes), subject: "input").unwrapped
        for name in checkpoint.names.prefix(32) {
            let tensor = try checkpoint.tensor(name)
            precondition(tensor.bytes.count == tensor.elementCount * tensor.dtype.size, "a tensor of the wrong size")
            if tensor.bytes.count < 1 << 16 { precondition(tensor.bytes.sha256.utf8.count == 64) }
        }
    } catch {
        precondition(!error.description.isEmpty)
    }
}

extension FixedWidthInteger {
    var littleEndianBytes: [UInt8] {
        (0..<Self.bitWidth / 8).map { UInt8(truncatingIfNeeded: self >> (8 * $0)) }
    }
}
