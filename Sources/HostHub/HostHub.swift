// HostHub: weights from Hugging Face's hub, or another that speaks as it does.
//
// A `PullOrder` names a repository; `PullDesk` carries orders out, each on a thread of its own: the hub lists the files
// (`Listing`), a rule picks what a host needs, and each file grows beside its place until its bytes were found right
// (`Pull`). Nothing is fetched unasked. Bytes come through a `HubTransport`, which is libcurl, opened when
// the first pull begins.

import HostCore
import HostFiles

/// Why weights were not fetched.
package struct HubError: HostError, Equatable {
    package enum Kind: String, Sendable {
        /// A name, an address or a setting that cannot be.
        case invalid
        /// No such repository, revision or file.
        case notFound
        /// A key is missing, or does not open this repository.
        case denied
        /// Several files would do; `choices` names them.
        case ambiguous
        /// The library for HTTPS is not on this machine.
        case noTransport
        /// The hub did not answer, or not in time.
        case unreachable
        /// The hub answers what it must not, such as more bytes than it announced.
        case badAnswer
        /// The bytes are not those that the hub's list names.
        case mismatch
        case diskFull
        /// A file of this machine cannot be written.
        case unwritable
        /// Something else has the name that a file was to have.
        case exists
        /// Too many pulls, or the same one twice.
        case busy
        case cancelled
    }

    package let kind: Kind
    package let subject: String
    package let problem: String
    package let advice: String?
    /// What the user may choose from.
    package var choices: [RemoteFile] = []

    package init(_ kind: Kind, _ subject: String, _ problem: String, advice: String? = nil) {
        self.kind = kind
        self.subject = subject
        self.problem = problem
        self.advice = advice
    }

    init(_ error: FileError) {
        let kind: Kind =
            switch error.kind {
            case .full: .diskFull
            case .busy: .busy
            case .exists: .exists
            case .missing, .denied, .notAFile, .tooLarge, .leadsOut, .failed: .unwritable
            }
        let advice = error.kind == .full ? "Make room, and pull again: it goes on where it stopped." : error.advice
        self.init(kind, error.subject, error.problem, advice: advice)
    }

    static let cancelled = HubError(.cancelled, "", "cancelled; what is there stays, and the next pull goes on from it")
}
