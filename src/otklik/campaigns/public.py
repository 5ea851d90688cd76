"""The door of campaigns.

await campaign_report_spec(tx, workspace_id=1, campaign_id=…, lang="en")   # for the report
await campaigns_using(tx, workspace_id=1, sender_id=…)                     # "used by"
await campaigns_using_each(tx, workspace_id=1, segment_ids=[…])            # the same of many
await create_campaign / order_launch / …                                   # for the demo
bus.subscribe(MailingFinished, on_mailing_finished)                        # in wiring
"""

from otklik.campaigns.audience import audience_view
from otklik.campaigns.checks import gather_materials, run_checks
from otklik.campaigns.errors import (
    AudienceMoved,
    CampaignChanged,
    CampaignNotFound,
    LaunchBlocked,
    WrongCampaignState,
)
from otklik.campaigns.goals import goal_events
from otklik.campaigns.jobs import start_campaign
from otklik.campaigns.model import (
    SOURCE_KIND,
    ArmResult,
    Audience,
    AudienceView,
    Campaign,
    CampaignReportSpec,
    CampaignState,
    CampaignVariant,
    Finding,
    Goal,
    NewCampaign,
    ReportArm,
    Schedule,
)
from otklik.campaigns.names import campaign_names
from otklik.campaigns.operations import (
    create_campaign,
    finish_campaign,
    on_mailing_finished,
    order_launch,
    pause_campaign,
    resume_campaign,
)
from otklik.campaigns.queries import (
    AskedApproval,
    FailedStart,
    UsedBy,
    asked_approvals,
    campaign_report_spec,
    campaigns_using,
    campaigns_using_each,
    count_campaigns,
    failed_launches,
    get_campaign,
    list_campaigns,
)
from otklik.campaigns.regular.freezing import picker_of
from otklik.campaigns.regular.model import RegularState
from otklik.campaigns.regular.queries import regular_troubles, regular_using
from otklik.campaigns.regular.reporting import SeriesReportSpec, series_report_spec
from otklik.campaigns.regular.runs import campaigns_of_runs
from otklik.campaigns.results import use_results
from otklik.campaigns.transactional.errors import TransactionalNotFound
from otklik.campaigns.transactional.reporting import (
    TransactionalReportSpec,
    transactional_report_spec,
)

__all__ = [
    "SOURCE_KIND",
    "ArmResult",
    "AskedApproval",
    "Audience",
    "AudienceMoved",
    "AudienceView",
    "Campaign",
    "CampaignChanged",
    "CampaignNotFound",
    "CampaignReportSpec",
    "CampaignState",
    "CampaignVariant",
    "FailedStart",
    "Finding",
    "Goal",
    "LaunchBlocked",
    "NewCampaign",
    "RegularState",
    "ReportArm",
    "Schedule",
    "SeriesReportSpec",
    "TransactionalNotFound",
    "TransactionalReportSpec",
    "UsedBy",
    "WrongCampaignState",
    "asked_approvals",
    "audience_view",
    "campaign_names",
    "campaign_report_spec",
    "campaigns_of_runs",
    "campaigns_using",
    "campaigns_using_each",
    "count_campaigns",
    "create_campaign",
    "failed_launches",
    "finish_campaign",
    "gather_materials",
    "get_campaign",
    "goal_events",
    "list_campaigns",
    "on_mailing_finished",
    "order_launch",
    "pause_campaign",
    "picker_of",
    "regular_troubles",
    "regular_using",
    "resume_campaign",
    "run_checks",
    "series_report_spec",
    "start_campaign",
    "transactional_report_spec",
    "use_results",
]
