extension BlockFormat {
    /// The numbers of whole blocks, exactly as ggml gives them; what is left of a last block that is cut off is ignored.
    public func decode(_ bytes: [UInt8]) -> [Float] {
        var numbers: [Float] = []
        numbers.reserveCapacity(bytes.count / blockBytes * blockCount)
        for start in stride(from: 0, through: bytes.count - blockBytes, by: blockBytes) {
            switch self {
            case .f32: numbers.append(Float(bitPattern: bytes.word(start) | bytes.word(start + 2) << 16))
            case .f16: numbers.append(bytes.half(start))
            case .bf16: numbers.append(Float(bitPattern: bytes.word(start) << 16))
            case .q4_0: decodeSmall(bytes, start, hasMinimum: false, hasHighBits: false, into: &numbers)
            case .q4_1: decodeSmall(bytes, start, hasMinimum: true, hasHighBits: false, into: &numbers)
            case .q5_0: decodeSmall(bytes, start, hasMinimum: false, hasHighBits: true, into: &numbers)
            case .q5_1: decodeSmall(bytes, start, hasMinimum: true, hasHighBits: true, into: &numbers)
            case .q8_0:
                let scale = bytes.half(start)
                for place in start + 2..<start + 34 { numbers.append(Float(Int8(bitPattern: bytes[place])) * scale) }
            case .q4_K: decodeLarge(bytes, start, hasHighBits: false, into: &numbers)
            case .q5_K: decodeLarge(bytes, start, hasHighBits: true, into: &numbers)
            case .q6_K: decodeSixBits(bytes, start, into: &numbers)
            }
        }
        return numbers
    }

    /// 32 numbers of four or five bits: a scale, perhaps a minimum, perhaps the fifth bits, then the first 16 numbers in
    /// the low halves of 16 bytes and the others in the high halves.
    private func decodeSmall(
        _ bytes: [UInt8], _ start: Int, hasMinimum: Bool, hasHighBits: Bool, into numbers: inout [Float]
    ) {
        let scale = bytes.half(start)
        let high = hasMinimum ? start + 4 : start + 2, low = hasHighBits ? high + 4 : high
        let minimum = hasMinimum ? bytes.half(start + 2) : 0, center: Float = hasHighBits ? 16 : 8
        let highBits = hasHighBits ? bytes.word(high) | bytes.word(high + 2) << 16 : 0
        for index in 0..<32 {
            let byte = UInt32(bytes[low + index % 16])
            let bits = (index < 16 ? byte & 15 : byte >> 4) | (highBits >> UInt32(index) & 1) << 4
            numbers.append(hasMinimum ? Float(bits) * scale + minimum : (Float(bits) - center) * scale)
        }
    }

    /// 256 numbers in eight groups of 32, each with a scale and a minimum of six bits, which share two fp16 factors.
    private func decodeLarge(_ bytes: [UInt8], _ start: Int, hasHighBits: Bool, into numbers: inout [Float]) {
        let (scale, minimum) = (bytes.half(start), bytes.half(start + 2))
        let packed = start + 4, high = start + 16, low = hasHighBits ? start + 48 : start + 16
        for group in 0..<8 {
            let scaleBits: UInt8, minimumBits: UInt8
            if group < 4 {
                (scaleBits, minimumBits) = (bytes[packed + group] & 63, bytes[packed + group + 4] & 63)
            } else {
                let rest = bytes[packed + group + 4]
                scaleBits = rest & 15 | (bytes[packed + group - 4] >> 6) << 4
                minimumBits = rest >> 4 | (bytes[packed + group] >> 6) << 4
            }
            let factor = scale * Float(scaleBits), offset = minimum * Float(minimumBits)
            for index in 0..<32 {
                let byte = bytes[low + group / 2 * 32 + index]
                var bits = group % 2 == 0 ? byte & 15 : byte >> 4
                if hasHighBits { bits |= (bytes[high + index] >> UInt8(group) & 1) << 4 }
                numbers.append(factor * Float(bits) - offset)
            }
        }
    }

    /// 256 numbers of six bits in sixteen groups: four low bits, two high bits, signed scales, one fp16 factor.
    private func decodeSixBits(_ bytes: [UInt8], _ start: Int, into numbers: inout [Float]) {
        let high = start + 128, scales = start + 192, factor = bytes.half(start + 208)
        for index in 0..<256 {
            let half = index / 128, quarter = index % 128 / 32, place = index % 32
            let byte = bytes[start + half * 64 + quarter % 2 * 32 + place]
            let low = quarter < 2 ? byte & 15 : byte >> 4
            let bits = low | (bytes[high + half * 32 + place] >> UInt8(2 * quarter) & 3) << 4
            let scale = factor * Float(Int8(bitPattern: bytes[scales + index / 16]))
            numbers.append(scale * Float(Int(bits) - 32))
        }
    }
}

extension [UInt8] {
    fileprivate func word(_ place: Int) -> UInt32 { UInt32(self[place]) | UInt32(self[place + 1]) << 8 }

    fileprivate func half(_ place: Int) -> Float { Float(Float16(bitPattern: UInt16(word(place)))) }
}
