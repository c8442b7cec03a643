/// Undoes DEFLATE into a buffer whose size is known beforehand.
///
/// - Source: RFC 1951.
struct Inflate {
    /// The decompressed bytes; nil unless the data is sound and gives exactly `count` bytes.
    static func inflated(_ data: [UInt8], count: Int) -> [UInt8]? {
        var inflate = Inflate(data: data, limit: count)
        return inflate.run() && inflate.output.count == count ? inflate.output : nil
    }

    private let data: [UInt8]
    private let limit: Int
    private var output: [UInt8] = []
    private var position = 0
    private var bitBuffer: UInt32 = 0
    private var bitCount = 0

    private init(data: [UInt8], limit: Int) {
        self.data = data
        self.limit = limit
    }

    private mutating func run() -> Bool {
        while true {
            guard let isLast = bits(1), let kind = bits(2) else { return false }
            let isSound: Bool
            switch kind {
            case 0: isSound = copyStored()
            case 1: isSound = decode(.fixedLengths, .fixedDistances)
            case 2:
                guard let (lengths, distances) = readCodes() else { return false }
                isSound = decode(lengths, distances)
            default: isSound = false
            }
            guard isSound else { return false }
            if isLast == 1 { return true }
        }
    }

    private mutating func copyStored() -> Bool {
        bitBuffer = 0
        bitCount = 0
        guard position + 4 <= data.count else { return false }
        let length = Int(data[position]) | Int(data[position + 1]) << 8
        let complement = Int(data[position + 2]) | Int(data[position + 3]) << 8
        position += 4
        guard length ^ complement == 0xFFFF, position + length <= data.count, output.count + length <= limit else {
            return false
        }
        output += data[position..<position + length]
        position += length
        return true
    }

    private mutating func decode(_ lengths: HuffmanCode, _ distances: HuffmanCode) -> Bool {
        while true {
            guard let symbol = symbol(lengths) else { return false }
            if symbol < 256 {
                guard output.count < limit else { return false }
                output.append(UInt8(symbol))
                continue
            }
            if symbol == 256 { return true }
            guard symbol <= 285, let length = number(Self.lengthBase, Self.lengthBits, symbol - 257),
                let code = self.symbol(distances), code < 30,
                let distance = number(Self.distanceBase, Self.distanceBits, code),
                distance <= output.count, output.count + length <= limit
            else { return false }
            for _ in 0..<length { output.append(output[output.count - distance]) }
        }
    }

    private mutating func readCodes() -> (HuffmanCode, HuffmanCode)? {
        guard let lengthCount = bits(5), let distanceCount = bits(5), let codeCount = bits(4) else { return nil }
        var codeLengths = [UInt8](repeating: 0, count: 19)
        for index in Self.codeOrder.prefix(codeCount + 4) {
            guard let length = bits(3) else { return nil }
            codeLengths[index] = UInt8(length)
        }
        guard let code = HuffmanCode(codeLengths) else { return nil }
        var lengths: [UInt8] = []
        let wanted = lengthCount + 257 + distanceCount + 1
        while lengths.count < wanted {
            guard let symbol = symbol(code) else { return nil }
            switch symbol {
            case 0...15: lengths.append(UInt8(symbol))
            case 16:
                guard let last = lengths.last, let more = bits(2) else { return nil }
                lengths += [UInt8](repeating: last, count: more + 3)
            case 17:
                guard let more = bits(3) else { return nil }
                lengths += [UInt8](repeating: 0, count: more + 3)
            default:
                guard let more = bits(7) else { return nil }
                lengths += [UInt8](repeating: 0, count: more + 11)
            }
        }
        guard lengths.count == wanted, lengths[256] != 0,
            let first = HuffmanCode(Array(lengths[..<(lengthCount + 257)])),
            let second = HuffmanCode(Array(lengths[(lengthCount + 257)...]))
        else { return nil }
        return (first, second)
    }

    private mutating func symbol(_ code: HuffmanCode) -> Int? {
        var value = 0
        var first = 0
        var index = 0
        for length in 1...15 {
            guard let bit = bits(1) else { return nil }
            value |= bit
            let count = code.counts[length]
            if value - count < first { return code.symbols[index + value - first] }
            index += count
            first = (first + count) << 1
            value <<= 1
        }
        return nil
    }

    private mutating func number(_ base: [Int], _ extra: [Int], _ index: Int) -> Int? {
        bits(extra[index]).map { base[index] + $0 }
    }

    private mutating func bits(_ count: Int) -> Int? {
        while bitCount < count {
            guard position < data.count else { return nil }
            bitBuffer |= UInt32(data[position]) << UInt32(bitCount)
            bitCount += 8
            position += 1
        }
        let value = bitBuffer & (1 << UInt32(count) - 1)
        bitBuffer >>= UInt32(count)
        bitCount -= count
        return Int(value)
    }

    private static let lengthBase = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227,
        258,
    ]
    private static let lengthBits = [
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
    ]
    private static let distanceBase = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
        6145,
        8193, 12289, 16385, 24577,
    ]
    private static let distanceBits = [
        0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
    ]
    private static let codeOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
}

/// A canonical prefix code: how many codes of each length, and the symbols in code order.
struct HuffmanCode {
    let counts: [Int]
    let symbols: [Int]

    /// Nil when more codes are asked for than their lengths allow; fewer are sound, as one-symbol codes are.
    init?(_ lengths: [UInt8]) {
        var counts = [Int](repeating: 0, count: 16)
        for length in lengths where length > 0 { counts[Int(length)] += 1 }
        var free = 1
        for length in 1...15 {
            free = free << 1 - counts[length]
            guard free >= 0 else { return nil }
        }
        self.counts = counts
        symbols = lengths.indices.filter { lengths[$0] > 0 }
            .sorted { (lengths[$0], $0) < (lengths[$1], $1) }
    }

    private init(sound lengths: [UInt8]) { self = HuffmanCode(lengths) ?? HuffmanCode(counts: [], symbols: []) }

    private init(counts: [Int], symbols: [Int]) {
        self.counts = counts
        self.symbols = symbols
    }

    static let fixedLengths = HuffmanCode(
        sound: (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 })
    static let fixedDistances = HuffmanCode(sound: [UInt8](repeating: 5, count: 30))
}
