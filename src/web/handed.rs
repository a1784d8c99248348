//! What a link's page says about handing over, to the person who has it and to the one who is asked.

use crate::domain::escalation::hand_over;
use crate::domain::escalation::incident::Acknowledgement;
use crate::domain::page::PageReason;
use crate::engine::protocol::link::{HandOverTo, LinkView};
use crate::web::page::{Answers, Scene, Words};
use crate::web::words::sentence;

impl Scene<'_> {
    pub(in crate::web) fn asked(&self, acknowledged: &Acknowledgement) -> Words {
        let (name, since) = (acknowledged.by.name(), self.times.logical(acknowledged.at));
        Words {
            headline: format!("{name} asks you to take this over"),
            lead: vec![format!("{name} acknowledged it at {since} and has it until you take it.")],
            answers: Answers::TakeOver,
            small: Some(format!("If you can’t or do not answer, {name} keeps it and is told.")),
            note: None,
        }
    }

    pub(in crate::web) fn colleagues(&self) -> Vec<HandOverTo> {
        let LinkView { incident, plan, now, .. } = self.view;
        let found = hand_over::colleagues(incident, plan, now.wall, self.track).into_iter();
        let to = found.map(|found| HandOverTo {
            value: hand_over::value_of(&found.department, &found.liaison.id),
            name: found.liaison.name.clone(),
            department: plan.department_name(&found.department).to_owned(),
        });
        to.collect()
    }

    /// Who was asked to take it over, and what came of that.
    pub(in crate::web) fn handed(&self, acknowledged: &Acknowledgement) -> Option<String> {
        match &acknowledged.hand_over {
            Some(asked) => {
                let by = self.times.logical(asked.take_by);
                Some(format!("You asked {} to take it over by {by}. Until they do, you have it.", asked.name))
            }
            None if self.reason() == Some(PageReason::NotTakenOver) => Some(sentence(PageReason::NotTakenOver.words())),
            None => None,
        }
    }
}
