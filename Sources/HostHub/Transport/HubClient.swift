import HostHTTP

/// What takes in the body of an answer that is well.
protocol HubConsumer: AnyObject {
    func begin(_ head: HubHead) throws(HubError)
    func take(_ bytes: [UInt8]) throws(HubError)
}

/// Why an answer was not had.
enum Setback: Error {
    /// Another try may succeed, after this many seconds if the hub said so.
    case passing(HubError, seconds: Int?)
    case lasting(HubError)
}

/// Asks one hub, follows its redirects, and says in words what it refuses.
struct HubClient {
    private static let mostRedirects = 8

    let access: HubAccess
    let transport: any HubTransport
    let cancellation: CancelFlag

    /// One try.
    ///
    /// - Parameter subject: what is asked for, in the user's words.
    func get(
        _ path: String, _ fields: [(String, String)] = [], of subject: String, to consumer: any HubConsumer
    ) throws(Setback) {
        var address: HubAddress
        do throws(HubError) {
            address = try access.address(path)
        } catch {
            throw .lasting(error)
        }
        for _ in 0...HubClient.mostRedirects {
            let head = try head(of: access.request(address, fields), subject, consumer)
            switch head.status {
            case 200, 206: return
            case 301, 302, 303, 307, 308: address = try next(after: head, at: address, subject)
            default: throw HubRefusal(head: head, subject: subject, access: access).setback
            }
        }
        throw .lasting(HubError(.badAnswer, subject, "the hub sends from one address to the next without end"))
    }

    private func head(of request: HubRequest, _ subject: String, _ consumer: any HubConsumer) throws(Setback) -> HubHead {
        let reception = Reception(consumer, cancellation)
        do throws(TransportFailure) {
            try transport.get(request, to: reception)
        } catch {
            let isOfCertificates = error.words.lowercased().contains("cert")
            let failure = HubError(
                .unreachable, subject, "\(request.address.host) could not be reached: \(error.words)",
                advice: isOfCertificates
                    ? "Where the certificate is of an authority of your own, name its file in SSL_CERT_FILE."
                    : "Check the network, and HTTPS_PROXY or HF_ENDPOINT where one is needed.")
            switch error.kind {
            case .cancelled: throw .lasting(.cancelled)
            case .passing: throw .passing(failure, seconds: nil)
            case .lasting: throw .lasting(failure)
            }
        }
        if cancellation.isSet { throw .lasting(.cancelled) }
        if let failure = reception.failure { throw .lasting(failure) }
        guard let head = reception.head else {
            throw .passing(HubError(.unreachable, subject, "\(request.address.host) closed the connection"), seconds: nil)
        }
        return head
    }

    private func next(after head: HubHead, at address: HubAddress, _ subject: String) throws(Setback) -> HubAddress {
        guard let location = head.headers["Location"], let next = address.following(location) else {
            throw .lasting(HubError(.badAnswer, subject, "the hub sends on to an address that cannot be read"))
        }
        guard next.isEncrypted || !address.isEncrypted else {
            throw .lasting(HubError(.badAnswer, subject, "the hub sends on from https to an address without encryption"))
        }
        return next
    }
}

/// Passes on the body of an answer that is well, and ends any other after its head.
private final class Reception: HubReceiver {
    private let consumer: any HubConsumer
    private let cancellation: CancelFlag
    private(set) var head: HubHead?
    private(set) var failure: HubError?

    init(_ consumer: any HubConsumer, _ cancellation: CancelFlag) {
        self.consumer = consumer
        self.cancellation = cancellation
    }

    var isCancelled: Bool { cancellation.isSet }

    func begin(_ head: HubHead) -> Bool {
        self.head = head
        guard head.status == 200 || head.status == 206 else { return false }
        return attempt { () throws(HubError) in
            if let coding = head.headers["Content-Encoding"], coding.lowercased() != "identity" {
                throw HubError(.badAnswer, "", "the hub sends the file compressed (\(coding.shown)), which was not asked for")
            }
            try consumer.begin(head)
        }
    }

    func take(_ bytes: [UInt8]) -> Bool { attempt { () throws(HubError) in try consumer.take(bytes) } }

    private func attempt(_ body: () throws(HubError) -> Void) -> Bool {
        guard !isCancelled else { return false }
        do throws(HubError) {
            try body()
            return true
        } catch {
            failure = error
            return false
        }
    }
}
