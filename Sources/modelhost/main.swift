import Foundation
print("modelhost \(ProcessInfo.processInfo.processName)")
