import Foundation
import HostCore
import HostHTTP
import HostStore

extension Settings {
    static let storeVariable = "MODELHOST_STATE_STORE"

    /// The store that hosts share; nil where none is named. Nothing waits for it to answer.
    ///
    /// - Throws: `SettingsError` for an address that is not valid, without repeating its password, and where TLS cannot be spoken.
    func sharedStore(environment: [String: String] = ProcessInfo.processInfo.environment, log: Log) throws(SettingsError) -> RedisStore? {
        guard let text = text("state-store") ?? environment[Settings.storeVariable], !text.isEmpty else { return nil }
        let address: StoreAddress
        do throws(StoreAddressError) {
            address = try StoreAddress(parsing: text)
        } catch {
            throw SettingsError(subject: "state-store", problem: error.problem, advice: error.advice)
        }
        do throws(HTTPError) {
            return try RedisStore(
                address, authorities: self.text("state-store-ca"),
                patience: .milliseconds(integer("state-store-timeout") ?? Settings.storeTimeout), log: log)
        } catch {
            throw SettingsError(subject: "state-store", problem: "cannot be used: \(error)", advice: nil)
        }
    }

    /// Milliseconds that a question to the store may take.
    static let storeTimeout = 500

    /// Seconds that what is in the store stays there without being written again.
    static let storeSeconds = 86_400

    var storeSeconds: Int { integer("state-store-ttl") ?? Settings.storeSeconds }
}
