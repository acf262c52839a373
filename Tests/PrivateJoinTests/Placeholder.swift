import Testing
import PrivateJoin
