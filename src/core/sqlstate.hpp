// Every SQLSTATE that pg_sluice raises by itself, in one place. Standard codes wherever one fits;
// class SL holds the conditions that PostgreSQL has no code for.
#pragma once

#include "core/error.hpp"

namespace sluice::sqlstate {

inline constexpr int kFeatureNotSupported = SqlState("0A000");
inline constexpr int kConnectionFailure = SqlState("08006");
inline constexpr int kUnableToConnect = SqlState("08001");
inline constexpr int kProtocolViolation = SqlState("08P01");
inline constexpr int kDataException = SqlState("22000");
inline constexpr int kStringDataRightTruncation = SqlState("22001");
inline constexpr int kNumericValueOutOfRange = SqlState("22003");
inline constexpr int kNullValueNotAllowed = SqlState("22004");
inline constexpr int kDatetimeFieldOverflow = SqlState("22008");
inline constexpr int kInvalidParameterValue = SqlState("22023");
inline constexpr int kBadCopyFileFormat = SqlState("22P04");
inline constexpr int kCharacterNotInRepertoire = SqlState("22021");
inline constexpr int kInvalidSchemaName = SqlState("3F000");
inline constexpr int kActiveSqlTransaction = SqlState("25001");
inline constexpr int kReadOnlyTransaction = SqlState("25006");
inline constexpr int kInvalidPassword = SqlState("28P01");
inline constexpr int kInsufficientPrivilege = SqlState("42501");
inline constexpr int kSyntaxError = SqlState("42601");
inline constexpr int kUndefinedColumn = SqlState("42703");
inline constexpr int kUndefinedObject = SqlState("42704");
inline constexpr int kDuplicateSchema = SqlState("42P06");
inline constexpr int kDuplicateObject = SqlState("42710");
inline constexpr int kAmbiguousAlias = SqlState("42P09");
inline constexpr int kDuplicateColumn = SqlState("42701");
inline constexpr int kDatatypeMismatch = SqlState("42804");
inline constexpr int kUndefinedTable = SqlState("42P01");
inline constexpr int kInvalidName = SqlState("42602");
inline constexpr int kInvalidObjectDefinition = SqlState("42P17");
inline constexpr int kDependentObjectsStillExist = SqlState("2BP01");
inline constexpr int kWrongObjectType = SqlState("42809");
inline constexpr int kCardinalityViolation = SqlState("21000");
inline constexpr int kWithCheckOptionViolation = SqlState("44000");
inline constexpr int kForeignKeyViolation = SqlState("23503");
inline constexpr int kUniqueViolation = SqlState("23505");
inline constexpr int kNotNullViolation = SqlState("23502");
inline constexpr int kObjectNotInPrerequisiteState = SqlState("55000");
inline constexpr int kObjectInUse = SqlState("55006");
inline constexpr int kLockNotAvailable = SqlState("55P03");
inline constexpr int kDeadlockDetected = SqlState("40P01");
inline constexpr int kQueryCanceled = SqlState("57014");
inline constexpr int kAdminShutdown = SqlState("57P01");
inline constexpr int kCrashShutdown = SqlState("57P02");
inline constexpr int kProgramLimitExceeded = SqlState("54000");
inline constexpr int kConfigurationLimitExceeded = SqlState("53400");
inline constexpr int kInternalError = SqlState("XX000");
inline constexpr int kOutOfMemory = SqlState("53200");

// Class SL: pg_sluice's own conditions.
inline constexpr int kPipelineIncomplete = SqlState("SL001"); // the definition lacks something a run needs
inline constexpr int kPipelinePaused = SqlState("SL002");	  // a manual trigger of a paused pipeline
inline constexpr int kNotPreloaded = SqlState("SL003");		  // needs shared_preload_libraries
inline constexpr int kWorkerLost = SqlState("SL004");		  // the run's process vanished
inline constexpr int kSourceSilent = SqlState("SL005");		  // the source sent nothing for too long
inline constexpr int kRunTimedOut = SqlState("SL006");		  // the run took longer than its option timeout allows
inline constexpr int kVersionMismatch = SqlState("SL007");	  // the library and the catalog are of two versions
inline constexpr int kPipelineParked = SqlState("SL008");	  // the database is a copy, and nobody adopted the pipeline
inline constexpr int kLostAtDestination = SqlState("SL009"); // a lost run, looked up at its destination server: no rows
inline constexpr int kDestinationLost = SqlState("SL010");	 // the destination server cannot be reached or went away
inline constexpr int kSnapshotLost = SqlState("SL011");		 // of the source, which several streams were to read
inline constexpr int kRunDidNotSucceed = SqlState("SL012");	 // for who has waited for it
inline constexpr int kRunNotOver = SqlState("SL013");		 // when who waited for it would wait no longer
inline constexpr int kNothingRead = SqlState("SL014");		 // by a load that would empty its destination
inline constexpr int kClockWentBack = SqlState("SL016");	 // of the source, behind a version that a history has
inline constexpr int kTooManyGone = SqlState("SL015");		 // more rows than the option max_deletes allows
inline constexpr int kCountDiffers = SqlState("SL018");		 // the source's own count from the rows that were read

} // namespace sluice::sqlstate
