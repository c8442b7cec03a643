import Foundation
import HostCore

/// The card that a picture of a character carries, as JSON in base64 in a text chunk.
///
/// - Source: the PNG specification, third edition, sections 5 and 11.3.3; the character cards V1 to V3 name the chunks
///   `chara` and, for V3, `ccv3`.
enum CharacterPNG {
    private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    private static let keywords = ["ccv3", "chara"]

    /// - Throws: a problem in words, to follow "cannot be read:".
    static func card(in bytes: [UInt8]) throws(CardProblem) -> JSONObject {
        guard bytes.starts(with: signature) else { throw CardProblem("it is not a PNG picture") }
        var cards: [String: ArraySlice<UInt8>] = [:]
        var rest = bytes[signature.count...]
        // A chunk: its length, its type, its data, a checksum.
        while rest.count >= 12 {
            let start = rest.startIndex
            let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            guard length <= rest.count - 12 else { throw CardProblem("the picture is cut") }
            let type = rest[(start + 4)..<(start + 8)], data = rest[(start + 8)..<(start + 8 + length)]
            rest = rest[(start + 12 + length)...]
            if type.elementsEqual("IEND".utf8) { break }
            guard type.elementsEqual("tEXt".utf8), let zero = data.firstIndex(of: 0) else { continue }
            let keyword = String(decoding: data[..<zero], as: UTF8.self).lowercased()
            if keywords.contains(keyword), cards[keyword] == nil { cards[keyword] = data[(zero + 1)...] }
        }
        guard let text = keywords.lazy.compactMap({ cards[$0] }).first else {
            throw CardProblem("the picture carries no character (a text chunk \"chara\" or \"ccv3\")")
        }
        guard let json = Data(base64Encoded: Data(text), options: .ignoreUnknownCharacters) else {
            throw CardProblem("the character in the picture is not base64")
        }
        do {
            guard let object = try JSONValue(parsing: Array(json)).objectValue else {
                throw CardProblem("the character in the picture is not a JSON object")
            }
            return object
        } catch let error as CardProblem {
            throw error
        } catch {
            throw CardProblem("the character in the picture is not valid JSON (\(error))")
        }
    }
}

/// Why a picture is not a character's.
struct CardProblem: Error, Sendable, Equatable {
    let text: String

    init(_ text: String) { self.text = text }
}
