/// What arrives on a WebSocket.
package enum WebSocketEvent: Equatable, Sendable {
    case message(WebSocketMessage)
    case ping([UInt8])
    case pong
    /// The other end wishes to close, with this code (1005 when it named none).
    case close(UInt16)
    /// It broke the protocol; the connection is to be closed with this code.
    case failure(UInt16)
}

/// WebSocket frames of a client, without input or output of its own.
///
/// - Cost: linear in the bytes that are fed, however small the frames are.
/// - Source: RFC 6455, section 5. Text is checked as UTF-8 when its message is complete.
package struct WebSocketReader: Sendable {
    private enum Opcode: UInt8 {
        case continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10
        var isControl: Bool { rawValue >= 8 }
    }

    private struct Failure: Error {
        let code: UInt16
        static let protocolError = Failure(code: 1002)
        static let notUTF8 = Failure(code: 1007)
        static let tooBig = Failure(code: 1009)
    }

    private struct Frame {
        var isFinal: Bool
        var opcode: Opcode
        var payload: [UInt8]
    }

    private let messageLimit: Int
    /// Frames that may still be taken; at 0 `next` gives nil although there may be more.
    package var allowance = Int.max
    private var input: [UInt8] = []
    /// Where the bytes of `input` begin that no frame has been made of yet.
    private var position = 0
    private var isOver = false
    /// The message whose fragments are being collected.
    private var opcode: Opcode?
    private var message: [UInt8] = []

    package init(messageLimit: Int) {
        self.messageLimit = messageLimit
    }

    package mutating func feed(_ bytes: some Collection<UInt8>) {
        guard !isOver else { return }
        if position == input.count {
            input = Array(bytes)
            position = 0
            return
        }
        // Never more bytes are moved than were read since the last time.
        if position > input.count / 2 {
            input.removeFirst(position)
            position = 0
        }
        input.append(contentsOf: bytes)
    }

    /// Bytes that are held here.
    var storedBytes: Int { message.count + input.count }

    /// Received bytes of a message or frame that is not complete; nil between messages.
    package var unfinishedBytes: Int? {
        guard !isOver, opcode != nil || position < input.count else { return nil }
        return message.count + input.count - position
    }

    /// The next event in what was fed, or nil when more bytes are needed. Nothing follows a close or a failure.
    package mutating func next() -> WebSocketEvent? {
        do throws(Failure) {
            while !isOver, allowance > 0, let frame = try takeFrame() {
                allowance -= 1
                if let event = try event(of: frame) { return event }
            }
            return nil
        } catch {
            stop()
            return .failure(error.code)
        }
    }

    private mutating func stop() {
        isOver = true
        input = []
        position = 0
        message = []
    }

    private mutating func takeFrame() throws(Failure) -> Frame? {
        let available = input.count - position
        guard available >= 2 else { return nil }
        let (first, second) = (input[position], input[position + 1])
        guard first & 0x70 == 0, let opcode = Opcode(rawValue: first & 0x0F) else { throw .protocolError }
        let isFinal = first & 0x80 != 0
        guard second & 0x80 != 0 else { throw .protocolError }
        let short = Int(second & 0x7F)
        if opcode.isControl, !isFinal || short > 125 { throw .protocolError }
        let lengthBytes = short == 126 ? 2 : short == 127 ? 8 : 0
        let headerBytes = 2 + lengthBytes + 4
        guard available >= 2 + lengthBytes else { return nil }
        var length = short
        if lengthBytes > 0 {
            let wide = input[(position + 2)..<(position + 2 + lengthBytes)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            guard wide >= (lengthBytes == 2 ? 126 : 65_536), wide < 1 << 63 else { throw .protocolError }
            guard wide <= UInt64(messageLimit) else { throw .tooBig }
            length = Int(wide)
        }
        guard opcode.isControl || message.count + length <= messageLimit else { throw .tooBig }
        guard available >= headerBytes + length else { return nil }
        let start = position + headerBytes
        var payload = Array(input[start..<start + length])
        for index in payload.indices { payload[index] ^= input[start - 4 + index & 3] }
        position = start + length
        return Frame(isFinal: isFinal, opcode: opcode, payload: payload)
    }

    private mutating func event(of frame: Frame) throws(Failure) -> WebSocketEvent? {
        switch frame.opcode {
        case .ping: return .ping(frame.payload)
        case .pong: return .pong
        case .close: return try closeEvent(frame.payload)
        case .text, .binary:
            guard opcode == nil else { throw .protocolError }
            opcode = frame.opcode
            message = frame.payload
        case .continuation:
            guard opcode != nil else { throw .protocolError }
            message += frame.payload
        }
        guard frame.isFinal else { return nil }
        let bytes = message
        let isText = opcode == .text
        message = []
        opcode = nil
        guard isText else { return .message(.binary(bytes)) }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .notUTF8 }
        return .message(.text(text))
    }

    private mutating func closeEvent(_ payload: [UInt8]) throws(Failure) -> WebSocketEvent {
        stop()
        guard !payload.isEmpty else { return .close(1005) }
        guard payload.count >= 2 else { throw .protocolError }
        let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
        let isKnown = (1000...1003).contains(code) || (1007...1014).contains(code) || (3000...4999).contains(code)
        guard isKnown else { throw .protocolError }
        guard String(validating: payload[2...], as: UTF8.self) != nil else { throw .notUTF8 }
        return .close(code)
    }
}
