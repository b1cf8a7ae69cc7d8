"""What is stored about contacts."""

from app.contacts.models.bulk import BulkAction, BulkChange, BulkDeed, BulkStatus
from app.contacts.models.channels import ContactAddress, ContactEmail, ContactPhone, HoldReason
from app.contacts.models.consent import Channel, Consent, ConsentWording
from app.contacts.models.contact import Contact, ContactKind, ContactNote
from app.contacts.models.custom_field import CustomChoice, CustomField, CustomGroup, CustomValue
from app.contacts.models.household import Household, HouseholdMember
from app.contacts.models.interaction import Direction, Interaction, InteractionKind
from app.contacts.models.purpose import ConsentPurpose
from app.contacts.models.relationship import Relationship, RelationshipType
from app.contacts.models.review import ContactReview, ReviewField, ReviewStatus
from app.contacts.models.segment import Segment, SegmentKind, SegmentMember
from app.contacts.models.subscription import Rhythm, SegmentSubscription
from app.contacts.models.task import Task, TaskStatus
from app.contacts.rules.custom_fields import CustomType

__all__ = [
    "BulkAction",
    "BulkChange",
    "BulkDeed",
    "BulkStatus",
    "Channel",
    "Consent",
    "ConsentPurpose",
    "ConsentWording",
    "Contact",
    "ContactAddress",
    "ContactEmail",
    "ContactKind",
    "ContactNote",
    "ContactPhone",
    "ContactReview",
    "CustomChoice",
    "CustomField",
    "CustomGroup",
    "CustomType",
    "CustomValue",
    "Direction",
    "HoldReason",
    "Household",
    "HouseholdMember",
    "Interaction",
    "InteractionKind",
    "Relationship",
    "RelationshipType",
    "ReviewField",
    "ReviewStatus",
    "Rhythm",
    "Segment",
    "SegmentKind",
    "SegmentMember",
    "SegmentSubscription",
    "Task",
    "TaskStatus",
]
